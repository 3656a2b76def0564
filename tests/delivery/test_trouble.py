"""Databases that fail and clocks that jump: nothing leaves without its mark, nothing is lost, nothing is stolen."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.delivery.ledger import patience
from digest.errors import StoreError
from digest.model import EditionStatus, Message, Outcome, Sent, State
from digest.store.db.database import Database
from digest.store.editions import deliveries, editions
from tests.helpers.ledger import CLOCK, FakeSender, Times, address, copies, open_edition, states

EVERYBODY = Counter(address(number) for number in range(1, 401))


async def test_a_full_disk_stops_it_before_anything_leaves_unmarked(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_GIVE_UP_AFTER_SECONDS", 0.3)
    edition = await open_edition(sqlite_db, readers=400)
    await _room(sqlite_db, 4)
    first = FakeSender(lambda _: Sent("250 " + "and a long reply " * 25))
    with pytest.raises(StoreError, match="disk is full"):
        await deliver(sqlite_db, [SenderRoute("fake", first)], copies, hooks=Hooks(clock=CLOCK))
    assert 0 < len(first.sent) < 400
    marked = [row.address async for row in deliveries.rows(sqlite_db, edition.id) if row.attempts]
    assert set(first.sent) <= set(marked)

    await _room(sqlite_db, 100_000)
    second = FakeSender()
    await deliver(
        sqlite_db,
        [SenderRoute("fake", second)],
        copies,
        Policy(lease=timedelta(seconds=0.5)),
        Hooks(clock=CLOCK),
    )
    assert (await editions.by_name(sqlite_db, edition.name)).status is EditionStatus.SENT
    got = Counter(first.sent + second.sent)
    assert got.keys() == EVERYBODY.keys()
    listed = {row.address async for row in deliveries.rows(sqlite_db, edition.id, State.UNKNOWN)}
    assert {name for name, times in got.items() if times > 1} <= listed


async def _room(db: Database, pages: int) -> None:
    """Let the file grow by so many pages at most, on every connection there is."""
    async with db.begin() as one, db.connect() as other:
        for conn in (one, other):
            used = (await conn.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await conn.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")


async def test_a_lock_is_waited_for(sqlite_db: Database, sqlite_url: str) -> None:
    await open_edition(sqlite_db, readers=400)
    sender = FakeSender(delay=0.002)
    work = asyncio.create_task(
        deliver(sqlite_db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK))
    )
    while not sender.sent:
        await asyncio.sleep(0.01)
    file = sqlite_url.removeprefix("sqlite:///")
    other = sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    held = len(sender.sent)
    await asyncio.sleep(0.6)
    assert len(sender.sent) <= held + 200, "only what was marked before may leave"
    other.execute("ROLLBACK")
    other.close()
    await work
    assert Counter(sender.sent) == EVERYBODY


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_jumps_steals_nothing_from_others(db: Database, hours: int) -> None:
    edition = await open_edition(db, readers=400)
    jumping = Times()

    def jump(message: Message) -> Outcome:
        if message.id.endswith(".50"):
            jumping.on(timedelta(hours=hours))
        return Sent("250 ok")

    senders = [FakeSender(jump, delay=0.005), FakeSender(jump, delay=0.005)]
    lease = timedelta(seconds=5)
    await asyncio.gather(
        deliver(db, [SenderRoute("one", senders[0])], copies, Policy(lease=lease), Hooks(clock=jumping)),
        deliver(db, [SenderRoute("two", senders[1])], copies, Policy(lease=lease), Hooks(clock=CLOCK)),
    )
    assert Counter(senders[0].sent + senders[1].sent) == EVERYBODY
    assert set((await states(db, edition)).values()) == {State.SENT}
    assert not [row async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]


class Lock:
    """Turns a database read-only, as a full disk's remount or a failover to a standby does."""

    def __init__(self, db: Database) -> None:
        self.closed = False
        self._sqlite = db.dialect == "sqlite"
        event.listen(db._engine.sync_engine, "begin", self._begin)

    def _begin(self, conn: Connection) -> None:
        if self._sqlite:
            conn.exec_driver_sql(f"PRAGMA query_only={int(self.closed)}")
        elif self.closed:
            conn.exec_driver_sql("SET TRANSACTION READ ONLY")


async def test_a_database_that_turns_read_only_stops_it_before_anything_leaves_unmarked(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_GIVE_UP_AFTER_SECONDS", 0.5)
    lock = Lock(db)
    edition = await open_edition(db, readers=400)
    first = FakeSender(delay=0.005)
    work = asyncio.create_task(deliver(db, [SenderRoute("fake", first)], copies, hooks=Hooks(clock=CLOCK)))
    while len(first.sent) < 50:
        await asyncio.sleep(0.005)
    lock.closed = True
    with pytest.raises(StoreError, match="read-only"):
        await work
    assert len(first.sent) < 400
    lock.closed = False
    marked = {row.address async for row in deliveries.rows(db, edition.id) if row.attempts}
    assert set(first.sent) <= marked

    second = FakeSender()
    await deliver(
        db, [SenderRoute("fake", second)], copies, Policy(lease=timedelta(seconds=0.5)), Hooks(clock=CLOCK)
    )
    got = Counter(first.sent + second.sent)
    assert got.keys() == EVERYBODY.keys()
    listed = {row.address async for row in deliveries.rows(db, edition.id, State.UNKNOWN)}
    assert {name for name, times in got.items() if times > 1} <= listed
    assert len(listed) <= 100, "what was under way, and no more"


async def test_a_database_that_is_read_only_for_a_moment_is_waited_for(db: Database) -> None:
    lock = Lock(db)
    edition = await open_edition(db, readers=400)
    sender = FakeSender(delay=0.005)
    work = asyncio.create_task(deliver(db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK)))
    while len(sender.sent) < 50:
        await asyncio.sleep(0.005)
    lock.closed = True
    await asyncio.sleep(0.8)
    lock.closed = False
    await work
    assert Counter(sender.sent) == EVERYBODY
    assert set((await states(db, edition)).values()) == {State.SENT}
