"""The tables of what comes back."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table, Text, UniqueConstraint

from digest.store.db.schema.columns import Id, count_column, flag_column, moment_column, text_column
from digest.store.db.schema.metadata import metadata

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sender", Text, nullable=False),  # the name of who reported it: a sender's, or "bounces"
    Column("key", Text, nullable=False),  # the reporter's own, so that a repeated report is known
    Column("type", Text, nullable=False),  # model.EventType
    text_column("address"),
    moment_column("happened_at"),
    text_column("message_id"),
    text_column("remote_id"),
    Column("subscription_id", Id),
    count_column("code"),
    text_column("text"),
    Column("lasting", Boolean),
    flag_column("returned"),
    moment_column("received_at", nullable=False),
    moment_column("processed_at"),
    text_column("effect"),  # what it did, in words
    Column("reader_id", Id),  # whom it was about; null: unmatched
    Column("edition_id", Id),
    UniqueConstraint("sender", "key"),
    Index(None, "reader_id"),
)

_PENDING = event.c.processed_at.is_(None)
Index("ix_event_pending", event.c.id, sqlite_where=_PENDING, postgresql_where=_PENDING)

# Days on which mails to a reader failed for a time.
soft_bounce = Table(
    "soft_bounce",
    metadata,
    Column("reader_id", Id, primary_key=True),
    Column("day", Text, primary_key=True),  # ISO 8601, UTC
    Column("edition_id", Id),
)
