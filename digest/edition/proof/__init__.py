"""Checks of a mail before it goes out: the lint, the preview of every screen, pictures of it."""
