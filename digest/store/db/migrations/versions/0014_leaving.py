"""Add what leaving ended, so that it can be undone, and the counts of why readers leave."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscription", sa.Column("left_as", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "subscription", sa.Column("left_told", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "leaving_reason",
        sa.Column("newsletter", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("readers", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "month", "reason", name="pk_leaving_reason"),
    )
