"""The machines: which processes do jobs on this database, and which of them live. By the server's clock alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.schema.jobs import machine

#: Without a sign of life for so long a machine does not count any more.
GONE_AFTER = timedelta(seconds=45)
#: So long it is still listed, so that a person sees that it is gone.
LISTED_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A process that does jobs."""

    run: str
    name: str
    host: str
    version: str
    configuration: str
    queues: Sequence[str]
    workers: Sequence[int]
    doubt: str = ""
    since: datetime | None = None
    seen: datetime | None = None
    alive: bool = True


async def beat(db: Database, me: Machine) -> None:
    """Give a sign of life, and say what this machine is; forget machines that are long gone."""
    now = func.clock_timestamp()
    values = {
        "version": me.version,
        "configuration": me.configuration,
        "queues": list(me.queues),
        "workers": list(me.workers),
        "doubt": me.doubt,
        "seen": now,
    }
    new = insert(machine).values(run=me.run, name=me.name, host=me.host, since=now, **values)
    async with db.begin() as conn:
        await conn.execute(new.on_conflict_do_update(index_elements=["run"], set_=values))
        await conn.execute(delete(machine).where(machine.c.seen < now - LISTED_FOR))


async def leave(db: Database, run: str) -> None:
    """Say that a process ends in order."""
    async with db.begin() as conn:
        await conn.execute(delete(machine).where(machine.c.run == run))


async def list_(db: Database) -> list[Machine]:
    """Return the machines that give signs of life, and those that did lately, the oldest first."""
    alive = (machine.c.seen > func.clock_timestamp() - GONE_AFTER).label("alive")
    async with db.connect() as conn:
        rows = await conn.execute(select(machine, alive).order_by(machine.c.since, machine.c.name))
        return [_read(row) for row in rows]


async def count(conn: AsyncConnection, queue: str) -> int:
    """Return how many machines that live do a kind of job."""
    lives = machine.c.seen > func.clock_timestamp() - GONE_AFTER
    does = machine.c.queues.cast(JSONB).contains([queue])
    return await conn.scalar(select(func.count()).select_from(machine).where(lives, does)) or 0


def _read(row: Row[tuple[object, ...]]) -> Machine:
    return Machine(**row._mapping)  # the columns are its fields
