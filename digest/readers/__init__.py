"""Readers: their addresses, the links in their mails, and bringing them in and out as CSV."""
