"""The tables, and the kinds of columns that they are made of."""

from digest.store.db.schema import people, shared, tables
from digest.store.db.schema.metadata import metadata

__all__ = ["metadata", "people", "shared", "tables"]
