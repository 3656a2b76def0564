"""Whom an edition would go to now: confirmed subscriptions of readers who are not suppressed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, select

from digest.model import Recipient, SubscriptionStatus
from digest.store.db.database import Database
from digest.store.db.schema.tables import CHOOSES_NOTHING, reader, subscription, suppression


def subscribed(newsletter: str) -> ColumnElement[bool]:
    """Return the condition that a subscription is to a newsletter, and confirmed."""
    return and_(
        subscription.c.newsletter == newsletter, subscription.c.status == SubscriptionStatus.CONFIRMED
    )


async def size(db: Database, newsletter: str, *, without_choices: bool = False) -> int:
    """Return how many readers a newsletter has that may be mailed now; of all, or of those who have chosen nothing."""
    query = _query(newsletter, func.count())
    async with db.connect() as conn:
        return int(await conn.scalar(query.where(CHOOSES_NOTHING) if without_choices else query) or 0)


async def exists(db: Database, newsletter: str) -> bool:
    """Tell whether an edition would have a reader now; this is quick even where counting them all takes long."""
    async with db.connect() as conn:
        return bool(await conn.scalar(_query(newsletter, literal(1)).limit(1)))


async def member(db: Database, newsletter: str, key: str) -> Recipient | None:
    """Return a reader, by the key of the address, as a newsletter's mails need to know them; None for all others."""
    columns = (reader.c.id, subscription.c.id, reader.c.address, reader.c.name, reader.c.text_only)
    async with db.connect() as conn:
        row = (await conn.execute(_query(newsletter, *columns).where(reader.c.key == key))).one_or_none()
    return Recipient(*row) if row else None


def _query(newsletter: str, *what: ColumnElement[Any]) -> Select[Any]:
    suppressed = select(suppression.c.key).where(suppression.c.key == reader.c.key).exists()
    return select(*what).select_from(subscription.join(reader)).where(subscribed(newsletter), ~suppressed)
