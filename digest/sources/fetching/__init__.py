"""What the kinds share when they visit a server."""
