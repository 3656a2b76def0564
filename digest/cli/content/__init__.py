"""The commands about sources, articles, readers and themes."""
