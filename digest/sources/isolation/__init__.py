"""Parsing in a process of its own, so that a hostile document holds up nobody."""
