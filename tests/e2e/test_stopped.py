"""A process that is stopped for longer than its lease, and goes on as if nothing had happened."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from digest.store.db.database import Database
from digest.store.editions import deliveries
from tests.e2e.deliverer import Job, start
from tests.e2e.test_kill import check, edition_and_sink, ended, in_flight, settled


async def stop_between_transactions(pid: int, db: Database, url: str) -> None:
    """Stop a process, not while it holds rows or SQLite's file: then the others would wait for it."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        if not await (in_transaction(db) if db.dialect == "postgresql" else locked(url)):
            return
        os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(0.005)


async def in_transaction(db: Database) -> bool:
    busy = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
    async with db.connect() as conn:
        return bool(await conn.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {busy}")))


async def locked(url: str) -> bool:
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)) as probe:
        probe.isolation_level = None
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


@pytest.mark.timeout(120)
async def test_a_stopped_process_loses_its_claims_and_sends_nothing_twice_unlisted(
    db: Database, db_url: str
) -> None:
    readers = 300
    async with edition_and_sink(db, readers) as (edition, sink, _):
        job = Job(url=db_url, port=sink.port, rate="150/s", lease=timedelta(seconds=1))
        stopped = start(job)
        assert stopped.pid is not None
        while sink.count < 40:
            await asyncio.sleep(0.01)
        await stop_between_transactions(stopped.pid, db, db_url)
        await settled(sink)
        sending = await in_flight(db, edition)
        try:
            assert await ended(start(job)) == 0
            assert len(set(sink.recipients)) == readers, "another process completes the edition"
        finally:
            os.kill(stopped.pid, signal.SIGCONT)
        assert await ended(stopped) == 0
        await check(db, edition, sink, readers, hold=False)
        twice = {name for name, times in Counter(sink.recipients).items() if times > 1}
        doubted = {row.address async for row in deliveries.rows(db, edition.id) if row.doubted}
    assert twice <= doubted
    assert len(doubted) <= sending, "what was only claimed leaves no doubt"
