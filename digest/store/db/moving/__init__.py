"""Move a whole database to another server: the marks that keep both sides still, and the copying."""
