"""What makes the documentation: its reference pages, its site, and the check of its links."""
