"""Rounds: what is to be done every so often is begun by one machine, whoever looks; PostgreSQL only."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.schema.jobs import job_round


async def begin(conn: AsyncConnection, name: str, every: timedelta) -> bool:
    """Begin the next round if it is due by the server's clock; True for one caller only, once it has committed.

    The first round is due `every` after the first look.
    """
    now = func.clock_timestamp()
    await conn.execute(insert(job_round).values(name=name, begun_at=now).on_conflict_do_nothing())
    due = update(job_round).where(job_round.c.name == name, job_round.c.begun_at <= now - every)
    return bool((await conn.execute(due.values(begun_at=now))).rowcount)
