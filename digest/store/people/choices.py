"""A reader's choices over all newsletters, as the reader's own page shows and changes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Frequency, Wishes
from digest.model import SubscriptionStatus as Status
from digest.store.db.schema.tables import reader, subscription
from digest.store.people.leaving import ENDED

#: A transaction, as those above the store hand it on.
Connection: TypeAlias = AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """One subscription of a reader and what was chosen about it."""

    id: int
    newsletter: str
    status: Status
    wishes: Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader, by any of the subscriptions; `subscriptions` have what was ended as well."""

    id: int
    address: str  # "" once forgotten
    key: str
    name: str
    language: str
    timezone: str
    text_only: bool
    subscriptions: tuple[Subscribed, ...]


async def find(conn: AsyncConnection, subscription_id: int) -> Reader | None:
    """Return whose a subscription is, with all of this reader's; None where there is no such subscription."""
    whose = select(subscription.c.reader_id).where(subscription.c.id == subscription_id).scalar_subquery()
    one = (await conn.execute(select(reader).where(reader.c.id == whose))).one_or_none()
    if one is None:
        return None
    rows = await conn.execute(
        select(subscription).where(subscription.c.reader_id == one.id).order_by(subscription.c.id)
    )
    own = {"name": one.name, "language": one.language, "timezone": one.timezone, "text_only": one.text_only}
    return Reader(
        id=one.id,
        address=one.address,
        key=one.key,
        **own,
        subscriptions=tuple(
            Subscribed(
                id=row.id,
                newsletter=row.newsletter,
                status=Status(row.status),
                wishes=Wishes(
                    sections=None if row.sections is None else tuple(row.sections),
                    frequency=Frequency(row.frequency),
                    hour=row.hour,
                    paused_until=row.paused_until,
                    **own,
                ),
            )
            for row in rows
        ),
    )


async def subscription_of(conn: AsyncConnection, key: str) -> int | None:
    """Return a subscription that a reader once confirmed, by the key of the address; None for all others.

    Who never confirmed has not proven to be the owner of the address.
    """
    query = (
        select(subscription.c.id)
        .join_from(subscription, reader)
        .where(reader.c.key == key, subscription.c.status != Status.PENDING)
        .order_by(subscription.c.id)
        .limit(1)
    )
    return await conn.scalar(query)


async def subscribe(
    conn: AsyncConnection, reader_id: int, newsletter: str, consent: Mapping[str, Any], now: datetime
) -> int:
    """Confirm a subscription that a reader asks for by a link that only this reader got; return its number."""
    row = insert(subscription).values(
        reader_id=reader_id, newsletter=newsletter, status=Status.CONFIRMED, since=now, consent=dict(consent)
    )
    columns = ("status", "since", "consent")
    statement = row.on_conflict_do_update(
        index_elements=["newsletter", "reader_id"],
        set_={**{name: row.excluded[name] for name in columns}, "left_as": ""},
        where=subscription.c.status != Status.CONFIRMED,
    )
    await conn.execute(statement)
    theirs = select(subscription.c.id).where(
        subscription.c.reader_id == reader_id, subscription.c.newsletter == newsletter
    )
    return int((await conn.execute(theirs)).scalar_one())


async def end(conn: AsyncConnection, subscription_id: int, now: datetime) -> None:
    """End a confirmed subscription."""
    await conn.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id, subscription.c.status == Status.CONFIRMED)
        .values(**ENDED, since=now)
    )
