"""Let an edition be remade: the new one takes the slot, and the old one tells its name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("edition") as edition:
        edition.add_column(sa.Column("remade_as", sa.Text(), server_default="", nullable=False))
        edition.drop_constraint("uq_edition_newsletter_slot", type_="unique")
        edition.create_unique_constraint(
            "uq_edition_newsletter_slot_remade_as", ["newsletter", "slot", "remade_as"]
        )
