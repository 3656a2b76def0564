"""Whom an edition would go to now: confirmed subscriptions of readers who are not suppressed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, literal, select

from digest.model import SubscriptionStatus as Status
from digest.store.database import Database
from digest.store.schema import reader, subscription, suppression


async def size(db: Database, newsletter: str) -> int:
    """Return how many readers an edition would go to now."""
    async with db.connect() as conn:
        return int(await conn.scalar(_query(newsletter, func.count())) or 0)


async def exists(db: Database, newsletter: str) -> bool:
    """Tell whether an edition would go to anybody now; counting them takes long where they are many."""
    async with db.connect() as conn:
        return bool(await conn.scalar(_query(newsletter, literal(1)).limit(1)))


def _query(newsletter: str, what: ColumnElement[int]) -> Select[int]:
    suppressed = select(suppression.c.key).where(suppression.c.key == reader.c.key).exists()
    return (
        select(what)
        .select_from(subscription.join(reader))
        .where(
            subscription.c.newsletter == newsletter,
            subscription.c.status == Status.CONFIRMED,
            ~suppressed,
        )
    )
