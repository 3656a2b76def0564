"""SMTP: a sans-I/O core that knows the exact phase of every message, and the connections that drive it."""
