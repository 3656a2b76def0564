"""The table of what editions are for readers who have made choices."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table

from digest.store.db.schema.columns import Id, Json, text_column
from digest.store.db.schema.metadata import metadata

# What an edition is for readers who chose sections, or who read weekly. The others get its own mail.
edition_variant = Table(
    "edition_variant",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1: `delivery.variant`
    Column("sections", Json),  # the titles it is restricted to; null: all
    Column(
        "since", Id
    ),  # of a round-up: the last edition that its readers have had; null: of this edition alone
    text_column("reason"),  # why it has no mail
    text_column("subject"),
    text_column("preheader"),
    text_column("html"),
    text_column("text"),
    Column("stories", Json, nullable=False),  # ids of articles, in their order
)
