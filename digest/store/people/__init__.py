"""Readers, their subscriptions, and whom nothing is sent to."""
