"""Add what an edition is for readers who chose sections, or who read weekly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import Id, Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "edition_variant",
        sa.Column("edition_id", Id, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sections", Json, nullable=True),
        sa.Column("since", Id, nullable=True),
        *(_text(name) for name in ("reason", "subject", "preheader", "html", "text")),
        sa.Column("stories", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["edition.id"],
            name="fk_edition_variant_edition_id_edition",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("edition_id", "number", name="pk_edition_variant"),
    )
    op.add_column("delivery", sa.Column("variant", sa.Integer(), nullable=True))
    chooses = sa.text(
        "sections IS NOT NULL OR frequency != '' OR hour IS NOT NULL OR paused_until IS NOT NULL"
    )
    op.create_index(
        "ix_subscription_chooses",
        "subscription",
        ["newsletter", "reader_id"],
        sqlite_where=chooses,
        postgresql_where=chooses,
    )
