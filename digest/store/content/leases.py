"""Leases: which process works on what, so that no other process begins the same work.

A holder gives signs of life by raising its lease's beat. A process that waits judges by watching that number whether the
holder is gone; no clock is compared with another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.shared import lease

#: The leases of sending the mails to single readers, and of acting on what comes back.
OF_SYSTEM_MAILS, OF_FEEDBACK = "system-mails", "feedback"

#: The lease of fetching the mails that came back from where they wait.
OF_INTAKE = "intake"

_ROWS_PER_STATEMENT = 500  # rows per statement


class Holder(NamedTuple):
    """Who holds a lease, and its last sign of life."""

    owner: str
    beat: int


def of_visit(key: str) -> str:
    """Name the lease of visiting a source."""
    return f"visit:{key}"


def of_making(newsletter: str, slot: str) -> str:
    """Name the lease of making an edition."""
    return f"make:{newsletter}/{slot}"


async def take(db: Database, names: Iterable[str], owner: str) -> set[str]:
    """Take those of these leases that are free, and return them."""
    wanted = sorted(names)
    taken: set[str] = set()
    async with db.begin() as conn:
        for start in range(0, len(wanted), _ROWS_PER_STATEMENT):
            rows = [{"name": name, "owner": owner} for name in wanted[start : start + _ROWS_PER_STATEMENT]]
            statement = insert(lease).values(rows).on_conflict_do_nothing().returning(lease.c.name)
            taken.update(await conn.scalars(statement))
    return taken


async def holders(db: Database, names: Collection[str]) -> dict[str, Holder]:
    """Return who holds these leases; free ones are missing."""
    async with db.connect() as conn:
        rows = await conn.execute(select(lease).where(in_values(conn, lease.c.name, names)))
        return {row.name: Holder(row.owner, row.beat) for row in rows}


async def take_over(db: Database, name: str, holder: Holder, owner: str) -> bool:
    """Take a lease from a holder that is gone; tell whether it still had it as it was."""
    async with db.begin() as conn:
        theirs = update(lease).where(
            lease.c.name == name, lease.c.owner == holder.owner, lease.c.beat == holder.beat
        )
        return bool((await conn.execute(theirs.values(owner=owner, beat=0))).rowcount)


async def beat(db: Database, owner: str) -> None:
    """Give a sign of life for all that an owner holds."""
    async with db.begin() as conn:
        await conn.execute(update(lease).where(lease.c.owner == owner).values(beat=lease.c.beat + 1))


async def release(conn: AsyncConnection, names: Collection[str], owner: str) -> None:
    """Give leases back that are still the owner's, in the transaction that writes down what came of it."""
    await conn.execute(delete(lease).where(in_values(conn, lease.c.name, names), lease.c.owner == owner))
