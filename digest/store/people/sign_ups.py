"""Sign-ups that wait for the reader's confirmation: opened, confirmed, or purged after a while.

A person who had left stays so until the confirmation: the open sign-up stands beside the status of the subscription.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SubscriptionStatus as Status
from digest.store.db.database import Database
from digest.store.db.schema.people import system_mail
from digest.store.db.schema.tables import reader, subscription
from digest.store.people import suppressions, system_mails

#: How long a sign-up waits for its confirmation.
OPEN_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A sign-up as it was asked for: `proof` says when, with which form, from which network, in which language."""

    newsletter: str
    key: str
    address: str
    proof: Mapping[str, Any]
    asked_at: datetime


class Standing(StrEnum):
    """How somebody stands who has a link that confirms."""

    OPEN = "open"  # it may be confirmed now
    CONFIRMED = "confirmed"
    GONE = "gone"  # was never asked for, or too long ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A sign-up that a link names."""

    standing: Standing
    newsletter: str = ""


_KEY = select(reader.c.key).join_from(subscription, reader)

NOT_THERE = Asked(standing=Standing.GONE)


async def find(conn: AsyncConnection, newsletter: str, key: str) -> tuple[int, Status] | None:
    """Return the number and the status of a subscription."""
    query = (
        select(subscription.c.id, subscription.c.status)
        .join_from(subscription, reader)
        .where(subscription.c.newsletter == newsletter, reader.c.key == key)
    )
    row = (await conn.execute(query)).one_or_none()
    return (row.id, Status(row.status)) if row else None


async def open_(conn: AsyncConnection, wanted: SignUp, now: datetime) -> int | None:
    """Open a sign-up, or once more one that is open; return the subscription's number, None if it is confirmed."""
    await conn.execute(
        insert(reader)
        .values(address=wanted.address, key=wanted.key, created_at=now)
        .on_conflict_do_nothing(index_elements=["key"])
    )
    proof = dict(wanted.proof)
    statement = insert(subscription).values(
        reader_id=select(reader.c.id).where(reader.c.key == wanted.key).scalar_subquery(),
        newsletter=wanted.newsletter,
        status=Status.PENDING,
        since=now,
        consent={},
        asked=proof,
        asked_at=wanted.asked_at,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["newsletter", "reader_id"],
        set_={"asked": statement.excluded.asked, "asked_at": statement.excluded.asked_at},
        where=subscription.c.status != Status.CONFIRMED,
    )
    number: int | None = await conn.scalar(statement.returning(subscription.c.id))
    return number


async def standing(db: Database, number: int, now: datetime) -> Asked:
    """Return how a sign-up stands that a link names."""
    async with db.connect() as conn:
        return await _standing(conn, number, now)


async def _standing(conn: AsyncConnection, number: int, now: datetime) -> Asked:
    query = select(subscription).where(subscription.c.id == number)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return NOT_THERE
    if row.status == Status.CONFIRMED:
        return Asked(standing=Standing.CONFIRMED, newsletter=row.newsletter)
    is_open = row.asked_at is not None and now - row.asked_at < OPEN_FOR
    return Asked(standing=Standing.OPEN if is_open else Standing.GONE, newsletter=row.newsletter)


async def confirm(
    db: Database, number: int, now: datetime, more: Mapping[str, Any], welcome: Mapping[str, Any]
) -> Asked:
    """Confirm a sign-up that is open, with `more` to its proof, and queue the mail that says welcome; safe to repeat."""
    async with db.begin() as conn:
        found = await _standing(conn, number, now)
        if found.standing is not Standing.OPEN:
            return found
        proof = await conn.scalar(select(subscription.c.asked).where(subscription.c.id == number))
        done = await conn.execute(
            update(subscription)
            .where(
                subscription.c.id == number,
                subscription.c.status != Status.CONFIRMED,
                subscription.c.asked_at > now - OPEN_FOR,
            )
            .values(
                status=Status.CONFIRMED,
                since=now,
                consent={**(proof or {}), **more},
                asked=None,
                asked_at=None,
            )
        )
        if done.rowcount == 1:
            key = await conn.scalar(_KEY.where(subscription.c.id == number))
            await suppressions.welcome_back(conn, key or "")
            await system_mails.queue(
                conn, "welcome", now, newsletter=found.newsletter, subscription_id=number, details=welcome
            )
    return Asked(standing=Standing.CONFIRMED, newsletter=found.newsletter)


async def purge(db: Database, now: datetime) -> None:
    """Forget sign-ups that were not confirmed in time; who had left stays known as one who left.

    The subscription with the highest number stays, without its reader: SQLite would give that number to the next one, and
    old links would fit.
    """
    late = (subscription.c.asked_at < now - OPEN_FOR, subscription.c.status != Status.CONFIRMED)
    async with db.begin() as conn:
        await conn.execute(
            update(subscription)
            .where(*late, subscription.c.status == Status.UNSUBSCRIBED)
            .values(asked=None, asked_at=None)
        )
        pending = (*late, subscription.c.status == Status.PENDING)
        rows = (await conn.execute(select(subscription.c.id, subscription.c.reader_id).where(*pending))).all()
        highest = await conn.scalar(select(func.max(subscription.c.id)))
        for row in rows:
            await conn.execute(delete(system_mail).where(system_mail.c.subscription_id == row.id))
            await _forget(conn, row.id, row.reader_id, keep=row.id == highest)


async def _forget(conn: AsyncConnection, number: int, reader_id: int, *, keep: bool) -> None:
    mine = subscription.c.id == number
    if not keep:
        await conn.execute(delete(subscription).where(mine))
    others = select(subscription.c.id).where(subscription.c.reader_id == reader_id, ~mine).limit(1)
    if await conn.scalar(others) is None:
        if keep:
            nobody = {"address": "", "key": f"expired:{reader_id}", "name": ""}
            await conn.execute(update(reader).where(reader.c.id == reader_id).values(nobody))
        else:
            await conn.execute(delete(reader).where(reader.c.id == reader_id))
    if keep:
        await conn.execute(update(subscription).where(mine).values(asked={}))
