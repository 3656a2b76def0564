"""What events do to readers, each in the transaction of its caller and safe to repeat."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State, SubscriptionStatus
from digest.store.db.schema.feedback import soft_bounce
from digest.store.db.schema.tables import delivery, edition, subscription, suppression
from digest.store.feedback.matching import Match


async def suppress(conn: AsyncConnection, match: Match, reason: str, now: datetime) -> bool:
    """Never mail a reader again; tell whether that is new."""
    statement = insert(suppression).values(
        key=match.key, reason=reason, since=now, delivery_id=match.delivery_id
    )
    done = await conn.execute(statement.on_conflict_do_nothing().returning(suppression.c.key))
    return done.first() is not None


async def unsubscribe(
    conn: AsyncConnection, match: Match, now: datetime, *, everywhere: bool = False
) -> bool:
    """End a reader's subscription to the newsletter of the mail, or all of them; tell whether any was going on."""
    theirs = update(subscription).where(
        subscription.c.reader_id == match.reader_id, subscription.c.status != SubscriptionStatus.UNSUBSCRIBED
    )
    if match.newsletter and not everywhere:
        theirs = theirs.where(subscription.c.newsletter == match.newsletter)
    return bool(
        (
            await conn.execute(theirs.values(status=SubscriptionStatus.UNSUBSCRIBED, since=now, left_as=""))
        ).rowcount
    )


async def count_soft(conn: AsyncConnection, match: Match, day: date) -> None:
    """Write down that mails to a reader failed on a day; once a day."""
    statement = insert(soft_bounce).values(
        reader_id=match.reader_id, day=day.isoformat(), edition_id=match.edition_id
    )
    await conn.execute(statement.on_conflict_do_nothing())


async def soft_bounces(conn: AsyncConnection, reader_id: int, since: date) -> list[tuple[date, int | None]]:
    """Return the days since `since` on which mails to a reader failed, each with an edition."""
    query = select(soft_bounce.c.day, soft_bounce.c.edition_id).where(
        soft_bounce.c.reader_id == reader_id, soft_bounce.c.day >= since.isoformat()
    )
    return [(date.fromisoformat(row.day), row.edition_id) for row in await conn.execute(query)]


async def arrivals(conn: AsyncConnection, reader_id: int, since: date, until: datetime) -> set[date]:
    """Return the days of editions that were taken for a reader and have not come back `until` a moment."""
    begin = datetime.combine(since, datetime.min.time(), tzinfo=until.tzinfo)
    query = (
        select(delivery.c.at)
        .join_from(delivery, edition, edition.c.id == delivery.c.edition_id)
        .where(
            delivery.c.edition_id.in_(select(edition.c.id).where(edition.c.opened_at >= begin)),
            delivery.c.reader_id == reader_id,
            delivery.c.state == State.SENT.value,
            delivery.c.at <= until,
        )
    )
    return {moment.date() for moment in await conn.scalars(query) if moment}


#: How long a mail has to stay away before it counts as arrived: bounces of busy servers take their time.
ARRIVED_AFTER = timedelta(days=3)
