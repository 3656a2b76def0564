"""Themes: the metered sandbox that they run in, its filters, and where they lie."""
