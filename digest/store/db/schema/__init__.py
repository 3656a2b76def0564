"""The tables, and the kinds of columns that they are made of."""

from digest.store.db.schema import feedback, jobs, looked_up, people, shared, tables, variants
from digest.store.db.schema.metadata import metadata

__all__ = ["feedback", "jobs", "looked_up", "metadata", "people", "shared", "tables", "variants"]
