"""Add what readers may choose: sections, frequency, hour, a pause, language, and mails of text only."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Json, UTCDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reader", sa.Column("language", sa.Text(), server_default="", nullable=False))
    op.add_column("reader", sa.Column("timezone", sa.Text(), server_default="", nullable=False))
    op.add_column("reader", sa.Column("text_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("subscription", sa.Column("sections", Json, nullable=True))
    op.add_column("subscription", sa.Column("frequency", sa.Text(), server_default="", nullable=False))
    op.add_column("subscription", sa.Column("hour", sa.Integer(), nullable=True))
    op.add_column("subscription", sa.Column("paused_until", UTCDateTime(), nullable=True))
