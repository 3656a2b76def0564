"""Limits on how often something may be done, kept by the minute in the database: all processes count together."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.db.schema.people import minute_use

_KEY_BYTES = 16  # of the keyed hash: neither addresses nor networks are stored

#: The longest span that a limit may have.
LONGEST_SPAN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` within `span`."""

    most: int
    span: timedelta


async def within(conn: AsyncConnection, what: str, limits: Sequence[Limit], now: datetime) -> bool:
    """Count one more use of `what` (text of any kind) and return True; with any limit reached, count nothing.

    The caller's transaction counts it: until it ends, others who want to count the same wait (PostgreSQL).
    """
    key, minute = await _key(conn, what), _minute(now)
    statement = insert(minute_use).values(key=key, minute=minute, used=1)
    await conn.execute(
        statement.on_conflict_do_update(
            index_elements=["key", "minute"], set_={"used": minute_use.c.used + 1}
        )
    )
    for limit in limits:
        if await _used(conn, key, minute, limit.span) > limit.most:
            mine = (minute_use.c.key == key, minute_use.c.minute == minute)
            await conn.execute(update(minute_use).where(*mine).values(used=minute_use.c.used - 1))
            return False
    return True


async def purge(db: Database, now: datetime) -> None:
    """Delete what no limit looks back to."""
    async with db.begin() as conn:
        before = _minute(now - LONGEST_SPAN)
        await conn.execute(delete(minute_use).where(minute_use.c.minute < before))


async def _used(conn: AsyncConnection, key: str, minute: int, span: timedelta) -> int:
    since = minute - span // timedelta(minutes=1)
    query = select(func.sum(minute_use.c.used)).where(minute_use.c.key == key, minute_use.c.minute > since)
    return int(await conn.scalar(query) or 0)


async def _key(conn: AsyncConnection, what: str) -> str:
    secret = await meta.hash_key(conn)
    return hmac.digest(secret, what.encode(), hashlib.sha256)[:_KEY_BYTES].hex()


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)
