"""Parsing in a process of its own, so that a hostile document cannot stop the others."""
