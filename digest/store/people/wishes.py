"""What readers have chosen: read and written per subscription; some of it holds for the whole reader."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Frequency, Wishes
from digest.store.db.schema.tables import reader, subscription

_COLUMNS = (
    *(subscription.c.sections, subscription.c.frequency, subscription.c.hour, subscription.c.paused_until),
    *(reader.c.name, reader.c.language, reader.c.timezone, reader.c.text_only),
)


async def find(conn: AsyncConnection, newsletter: str, key: str) -> int | None:
    """Return a reader's subscription of a newsletter, by the key of the address; no one else changes it meanwhile."""
    query = (
        select(subscription.c.id)
        .join_from(subscription, reader)
        .where(reader.c.key == key, subscription.c.newsletter == newsletter)
        .with_for_update()
    )
    return await conn.scalar(query)


async def read(conn: AsyncConnection, subscription_id: int) -> Wishes | None:
    """Return the choices of a subscription's reader; None where there is no such subscription."""
    query = select(*_COLUMNS).join_from(subscription, reader).where(subscription.c.id == subscription_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    return Wishes(
        sections=None if row.sections is None else tuple(row.sections),
        frequency=Frequency(row.frequency),
        hour=row.hour,
        paused_until=row.paused_until,
        name=row.name,
        language=row.language,
        timezone=row.timezone,
        text_only=row.text_only,
    )


async def write(conn: AsyncConnection, subscription_id: int, wishes: Wishes) -> None:
    """Store the choices of a subscription's reader, in the caller's transaction."""
    sections = None if wishes.sections is None else list(wishes.sections)
    await conn.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id)
        .values(
            sections=sections,
            frequency=wishes.frequency,
            hour=wishes.hour,
            paused_until=wishes.paused_until,
        )
    )
    theirs = select(subscription.c.reader_id).where(subscription.c.id == subscription_id).scalar_subquery()
    await conn.execute(
        update(reader)
        .where(reader.c.id == theirs)
        .values(
            name=wishes.name,
            language=wishes.language,
            timezone=wishes.timezone,
            text_only=wishes.text_only,
        )
    )
