"""Slots: when editions are due, on the newsletter's own wall clock."""
