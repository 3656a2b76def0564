"""The tables through which processes and machines agree on what to do."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from digest.store.columns import moment_column
from digest.store.metadata import metadata

newsletter = Table(
    "newsletter",
    metadata,
    Column("name", Text, primary_key=True),
    moment_column("known_since", nullable=False),  # slots from before then were nobody's
)
