"""Decide: pure functions from candidates and settings to a plan that can explain itself."""
