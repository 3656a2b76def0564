"""Feeds and sitemaps: XML that may be broken or hostile."""
