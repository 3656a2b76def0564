"""Know addresses that several stories share, dates that are only days, and stories with an order when to appear."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from digest.store.db.schema.columns import UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Two stories that were listed at the same time, under different headlines, at one address.
_SHARED = """
UPDATE article SET shares_page = true WHERE url_key <> '' AND EXISTS (
  SELECT 1 FROM article AS other
  WHERE other.url_key = article.url_key AND other.source_id = article.source_id AND other.id <> article.id
    AND other.first_seen <= article.last_seen AND other.last_seen >= article.first_seen
    AND lower(other.title) <> lower(article.title))
"""


def upgrade() -> None:
    for name in ("day_only", "scheduled", "shares_page"):
        op.add_column("article", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("article", sa.Column("expires", UTCDateTime(), nullable=True))
    op.execute(_SHARED)
