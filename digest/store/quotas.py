"""What senders have used of their long rates, so that a restart or another process does not begin a new day."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.schema import quota


async def use(conn: AsyncConnection, sender: str, rate: str, used: Mapping[int, int]) -> None:
    """Add what was used, by slot."""
    for slot, n in used.items():
        row = insert(quota).values(sender=sender, rate=rate, slot=slot, used=n)
        key = (quota.c.sender, quota.c.rate, quota.c.slot)
        await conn.execute(row.on_conflict_do_update(index_elements=key, set_={"used": quota.c.used + n}))


async def used(conn: AsyncConnection, sender: str, rate: str, since: int) -> dict[int, int]:
    """Return what all processes have used since a slot, by slot."""
    query = select(quota.c.slot, quota.c.used).where(
        quota.c.sender == sender, quota.c.rate == rate, quota.c.slot >= since
    )
    return {row[0]: row[1] for row in await conn.execute(query)}


async def forget(conn: AsyncConnection, sender: str, rate: str, before: int) -> None:
    """Delete slots that no window reaches any more."""
    await conn.execute(
        delete(quota).where(quota.c.sender == sender, quota.c.rate == rate, quota.c.slot < before)
    )
