"""Fixtures: see the room that this file serves."""
