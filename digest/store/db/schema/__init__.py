"""The tables, and the kinds of columns that they are made of."""

from digest.store.db.schema import feedback, jobs, people, shared, tables
from digest.store.db.schema.metadata import metadata

__all__ = ["feedback", "jobs", "metadata", "people", "shared", "tables"]
