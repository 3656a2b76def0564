"""How much senders have used of their rates of a minute and longer, shared by restarts and all processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.changes import Change
from digest.store.db.schema.shared import quota

_ROW: dict[str, Any] = {name: bindparam(name) for name in ("sender", "rate", "slot", "used")}
_KEY = (quota.c.sender, quota.c.rate, quota.c.slot)
_USE = {
    dialect: insert(quota)
    .values(_ROW)
    .on_conflict_do_update(index_elements=_KEY, set_={"used": quota.c.used + bindparam("used")})
    for dialect, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_FORGET = delete(quota).where(
    quota.c.sender == bindparam("sender"),
    quota.c.rate == bindparam("rate"),
    quota.c.slot < bindparam("before"),
)


def using(dialect: str, sender: str, rate: str, used: Mapping[int, int]) -> list[Change]:
    """Add what was used, by slot."""
    this = {"sender": sender, "rate": rate}
    return [Change(_USE[dialect], {**this, "slot": slot, "used": n}) for slot, n in used.items()]


async def used(conn: AsyncConnection, sender: str, rate: str, first: int, last: int) -> dict[int, int]:
    """Return what all processes have used from one slot to another, by slot."""
    query = select(quota.c.slot, quota.c.used).where(
        quota.c.sender == sender, quota.c.rate == rate, quota.c.slot.between(first, last)
    )
    return {row[0]: row[1] for row in await conn.execute(query)}


def forgetting(sender: str, rate: str, before: int) -> Change:
    """Delete slots that no window reaches any more."""
    return Change(_FORGET, {"sender": sender, "rate": rate, "before": before})
