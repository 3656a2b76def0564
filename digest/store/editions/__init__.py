"""Editions: how they are made, held, ended and made anew."""
