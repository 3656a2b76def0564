"""The tables of what was read once of articles' own pages and pictures."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from digest.store.db.schema.columns import Json, count_column, moment_column, text_column
from digest.store.db.schema.metadata import metadata

page = Table(
    "page",
    metadata,
    Column("url_key", Text, primary_key=True),
    Column("data", Json, nullable=False),  # what the page says of its article
    moment_column("read_at", nullable=False),
)

picture = Table(
    "picture",
    metadata,
    Column("key", Text, primary_key=True),  # hash of its address, and of the size of copy that was asked for
    count_column("width"),  # pixels
    count_column("height"),
    text_column("fault"),  # why it cannot be mailed
    text_column("copy"),  # key of our copy of it
    moment_column("read_at", nullable=False),
)

picture_copy = Table(
    "picture_copy",
    metadata,
    Column("key", Text, primary_key=True),  # hash of its bytes
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    moment_column("read_at", nullable=False),
)
