"""Who must not be mailed: suppressed addresses, and the keyed hashes of readers who asked to be forgotten."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State, SubscriptionStatus
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.feedback import soft_bounce
from digest.store.db.schema.people import sign_up_request
from digest.store.db.schema.tables import (
    CLAIMABLE,
    delivery,
    edition,
    reader,
    subscription,
    suppression,
)
from digest.store.people import system_mails

_HASHED = "forgotten:"  # prefix of a forgotten reader's key; no address has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that must not be mailed: why, and since when."""

    key: str
    address: str  # a reader's as given, else what it is known by
    reason: str
    since: datetime


async def suppress(db: Database, keys: Sequence[str], reason: str, now: datetime) -> set[str]:
    """Never mail these again, readers or not; returns the keys that are new to the list."""
    statement = insert(suppression).on_conflict_do_nothing().returning(suppression.c.key)
    rows = [{"key": key, "reason": reason or "by hand", "since": now} for key in dict.fromkeys(keys)]
    async with db.begin() as conn:
        return set(await conn.scalars(statement, rows)) if rows else set()


async def release(db: Database, key: str) -> bool:
    """Let an address be mailed and added again, suppressed or forgotten; returns whether it was either.

    Mails that came back before count no longer, or the next one would suppress the reader once more.
    """
    reader_id = select(reader.c.id).where(reader.c.key == key).scalar_subquery()
    async with db.begin() as conn:
        await conn.execute(soft_bounce.delete().where(soft_bounce.c.reader_id == reader_id))
        keys = [key, _forgotten_key(await meta.hash_key(conn), key)]
        gone = await conn.execute(
            suppression.delete().where(suppression.c.key.in_(keys)).returning(suppression.c.key)
        )
        return bool(gone.all())


async def welcome_back(conn: AsyncConnection, key: str) -> None:
    """Drop the hash of a reader who was forgotten and has signed up again; a suppression stays."""
    if secret := await meta.get(conn, meta.HASH_KEY):
        hashed = _forgotten_key(bytes.fromhex(secret), key)
        await conn.execute(suppression.delete().where(suppression.c.key == hashed))


async def find(conn: AsyncConnection, key: str) -> Suppression | None:
    """Return why an address must not be mailed; None if it may be. Nothing is written."""
    keys, secret = [key], await meta.get(conn, meta.HASH_KEY)
    if secret:  # else no reader was ever forgotten here
        keys.append(_forgotten_key(bytes.fromhex(secret), key))
    query = select(suppression).where(suppression.c.key.in_(keys)).order_by(suppression.c.since)
    row = (await conn.execute(query)).first()
    return Suppression(key=row.key, address=key, reason=row.reason, since=row.since) if row else None


async def list_(db: Database, newsletter: str = "", *, page: int = 1000) -> AsyncIterator[Suppression]:
    """Yield the suppressed, readers or not, by their keys; with `newsletter` only who has a subscription of it.

    Forgotten readers are left out, because their addresses are not stored.
    """
    last, query = "", _LIST
    if newsletter:
        theirs = and_(subscription.c.reader_id == reader.c.id, subscription.c.newsletter == newsletter)
        query = query.where(select(subscription.c.id).where(theirs).exists())
    while True:
        async with db.connect() as conn:
            rows = (await conn.execute(query.where(suppression.c.key > last).limit(page))).mappings().all()
        for row in rows:
            yield Suppression(**row)
        if len(rows) < page:
            return
        last = rows[-1]["key"]


_LIST = (
    select(
        suppression.c.key,
        suppression.c.reason,
        suppression.c.since,
        func.coalesce(reader.c.address, suppression.c.key).label("address"),
    )
    .select_from(suppression.outerjoin(reader, reader.c.key == suppression.c.key))
    .where(~suppression.c.key.startswith(_HASHED))
    .order_by(suppression.c.key)
)


async def forget(db: Database, key: str, now: datetime) -> bool:
    """Erase a reader; returns whether there was one. Only a keyed hash stays, so that no import brings them back.

    Deliveries still count, without a name.
    """
    async with db.begin() as conn:
        secret = await meta.hash_key(conn)
        await conn.execute(
            insert(suppression)
            .values(key=_forgotten_key(secret, key), reason="forgotten", since=now)
            .on_conflict_do_nothing()
        )
        await conn.execute(suppression.delete().where(suppression.c.key == key))
        await conn.execute(sign_up_request.delete().where(sign_up_request.c.key == key))
        id_ = await conn.scalar(select(reader.c.id).where(reader.c.key == key))
        if id_ is not None:
            await _erase(conn, id_, now)
        return id_ is not None


async def _erase(conn: AsyncConnection, reader_id: int, now: datetime) -> None:
    theirs = and_(delivery.c.reader_id == reader_id, delivery.c.edition_id.in_(select(edition.c.id)))
    await conn.execute(
        update(delivery).where(theirs, CLAIMABLE).values(state=State.SKIPPED, reason="forgotten", at=now)
    )
    await conn.execute(update(delivery).where(theirs).values(reply=None, remote_id=None))
    await system_mails.erase(conn, reader_id)
    await conn.execute(
        update(subscription)
        .where(subscription.c.reader_id == reader_id)
        .values(
            **_NOTHING_LEFT,
            status=SubscriptionStatus.UNSUBSCRIBED,
            since=now,
            consent={},
            asked=None,
            asked_at=None,
        )
    )
    await conn.execute(
        update(reader)
        .where(reader.c.id == reader_id)
        .values(address="", key=f"forgotten:{reader_id}", name="", language="", timezone="", text_only=False)
    )


_NOTHING_LEFT: dict[str, Any] = {
    "left_as": "",
    "sections": None,
    "frequency": "",
    "hour": None,
    "paused_until": None,
}


def _forgotten_key(secret: bytes, key: str) -> str:
    return f"{_HASHED}{hmac.digest(secret, key.encode(), hashlib.sha256).hex()}"


async def barred(conn: AsyncConnection, keys: Sequence[str]) -> dict[str, bool]:
    """Return who of these must not be mailed, by key, and whether that is because they asked to be forgotten."""
    secret = await meta.get(conn, meta.HASH_KEY)  # without one, no reader was ever forgotten here
    hashes = {_forgotten_key(bytes.fromhex(secret), key): key for key in keys} if secret else {}
    rows = await conn.scalars(
        select(suppression.c.key).where(in_values(conn, suppression.c.key, [*keys, *hashes]))
    )
    return {hashes.get(key, key): key in hashes for key in rows}
