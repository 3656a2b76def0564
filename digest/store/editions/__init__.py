"""Editions: how they are made, paused, ended and remade."""
