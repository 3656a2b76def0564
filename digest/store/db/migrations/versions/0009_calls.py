"""Keep what forms a call that can be repeated, from before it is made until its results are written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Id, UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender_call",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("edition_id", Id, nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_sender_call"),
    )
