"""Add what comes back: events, and the days on which mails to a reader failed for a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Id, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("id", Id, nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        _text("address"),
        sa.Column("happened_at", UTCDateTime(), nullable=True),
        _text("message_id"),
        _text("remote_id"),
        sa.Column("subscription_id", Id, nullable=True),
        sa.Column("code", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _text("text"),
        sa.Column("lasting", sa.Boolean(), nullable=True),
        sa.Column("returned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("processed_at", UTCDateTime(), nullable=True),
        _text("effect"),
        sa.Column("reader_id", Id, nullable=True),
        sa.Column("edition_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.UniqueConstraint("sender", "key", name="uq_event_sender_key"),
    )
    op.create_index("ix_event_reader_id", "event", ["reader_id"])
    pending = sa.text("processed_at IS NULL")
    op.create_index("ix_event_pending", "event", ["id"], sqlite_where=pending, postgresql_where=pending)
    op.create_table(
        "soft_bounce",
        sa.Column("reader_id", Id, nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("edition_id", Id, nullable=True),
        sa.PrimaryKeyConstraint("reader_id", "day", name="pk_soft_bounce"),
    )
