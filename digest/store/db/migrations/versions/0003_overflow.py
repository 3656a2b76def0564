"""Remember what becomes of stories that do not fit into an edition."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decision", sa.Column("overflow", sa.Text(), server_default="", nullable=False))
