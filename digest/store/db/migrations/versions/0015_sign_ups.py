"""Add sign-ups: what was asked for and not yet confirmed, and what limits how often it may be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Json, UTCDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_up_request",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("proof", Json, nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "key", name="pk_sign_up_request"),
    )
    op.create_table(
        "minute_use",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "minute", name="pk_minute_use"),
    )
    op.create_index("ix_minute_use_minute", "minute_use", ["minute"])
    op.add_column("subscription", sa.Column("asked", Json, nullable=True))
    op.add_column("subscription", sa.Column("asked_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_subscription_asked",
        "subscription",
        ["asked_at"],
        sqlite_where=sa.text("asked_at IS NOT NULL"),
        postgresql_where=sa.text("asked_at IS NOT NULL"),
    )
