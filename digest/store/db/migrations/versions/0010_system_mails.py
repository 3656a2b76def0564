"""Add the mails to single readers that are no editions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Id, Json, UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "system_mail",
        sa.Column("id", Id, nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("newsletter", sa.Text(), server_default="", nullable=False),
        sa.Column("subscription_id", Id, nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due", UTCDateTime(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=True),
        sa.Column("reply", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_system_mail"),
    )
    op.create_index("ix_system_mail_subscription_id", "system_mail", ["subscription_id"])
    op.create_index("ix_system_mail_due", "system_mail", ["due"])
