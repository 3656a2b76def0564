"""Remember since when each newsletter is known here: where there are readers or editions, since the first of these."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "newsletter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("known_since", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_newsletter"),
    )
    op.execute(
        """
        INSERT INTO newsletter (name, known_since)
        SELECT newsletter, min(at) FROM (
            SELECT newsletter, min(opened_at) AS at FROM edition GROUP BY newsletter
            UNION ALL
            SELECT newsletter, min(since) AS at FROM subscription GROUP BY newsletter
        ) AS first GROUP BY newsletter
        """
    )
