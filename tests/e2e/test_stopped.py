"""A process that is stopped for longer than its lease, and goes on as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from datetime import timedelta

import pytest

from digest.store import deliveries
from digest.store.database import Database
from tests.e2e.deliverer import Job, start
from tests.e2e.test_kill import check, edition_and_sink, ended, in_flight, settled


async def stop_between_transactions(pid: int, url: str) -> None:
    """Stop a process; on SQLite not while it holds the file's lock, for then everybody waits for it."""
    while True:
        os.kill(pid, signal.SIGSTOP)
        if not url.startswith("sqlite"):
            return
        probe = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=0)
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(0.005)
        finally:
            probe.close()


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
        await stop_between_transactions(stopped.pid, db_url)
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
