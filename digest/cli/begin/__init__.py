"""The commands to begin with."""
