"""Editions for readers who have made choices: who chose what, what was made for it, and their rows."""
