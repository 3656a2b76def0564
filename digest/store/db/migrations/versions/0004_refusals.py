"""Remember from which delivery's answer a suppression comes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Id

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppression", sa.Column("delivery_id", Id, nullable=True))
