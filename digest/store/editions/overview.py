"""The state of all newsletters: configured ones and former ones."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from digest.model import Edition, EditionStatus, SubscriptionStatus
from digest.store.db.database import Database
from digest.store.db.schema.tables import edition, reader, subscription, suppression
from digest.store.editions import editions


@dataclass(frozen=True, slots=True, kw_only=True)
class Readership:
    """A newsletter's confirmed readers, and how many of them are suppressed."""

    newsletter: str
    confirmed: int
    suppressed: int


async def readership(db: Database) -> list[Readership]:
    """Return the readers of every newsletter that has any, in the order of their names."""
    query = (
        select(subscription.c.newsletter, func.count(), func.count(suppression.c.key))
        .select_from(subscription.join(reader).outerjoin(suppression, suppression.c.key == reader.c.key))
        .where(subscription.c.status == SubscriptionStatus.CONFIRMED)
        .group_by(subscription.c.newsletter)
        .order_by(subscription.c.newsletter)
    )
    async with db.connect() as conn:
        return [
            Readership(newsletter=row[0], confirmed=row[1], suppressed=row[2])
            for row in await conn.execute(query)
        ]


async def open_editions(db: Database) -> list[Edition]:
    """Return the editions that are being sent or are paused, oldest first."""
    is_open = edition.c.status.in_([EditionStatus.SENDING.value, EditionStatus.PAUSED.value])
    async with db.connect() as conn:
        rows = await conn.execute(select(edition).where(is_open).order_by(edition.c.due, edition.c.id))
        return [editions.read(row) for row in rows]
