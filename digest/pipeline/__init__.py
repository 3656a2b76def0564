"""The way of an edition from its slot to its readers; `publish` is the page to read first."""
