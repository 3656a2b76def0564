"""The database's file is moved, replaced or removed while mails go out: sending stops before the next one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from digest.clock import utc_now
from digest.delivery import LivenessTracker
from digest.delivery.ledger import patience
from digest.errors import StoreError
from digest.model import State
from digest.store.db.database import Database
from digest.store.editions import deliveries
from tests.delivery.running import run
from tests.helpers.ledger import FakeSender, open_edition, states

READERS = 400


async def sending(
    db: Database, sender: FakeSender, more: int = 40, watch: LivenessTracker | None = None
) -> asyncio.Task[object]:
    """Begin to send, and wait until some of it has left."""
    work: asyncio.Task[object] = asyncio.create_task(run(db, sender, watch=watch))
    await left(sender, len(sender.sent) + more)
    return work


async def left(sender: FakeSender, number: int) -> None:
    async with asyncio.timeout(10):
        while len(sender.sent) < number:
            await asyncio.sleep(0.01)


async def stopped(sender: FakeSender) -> int:
    """Let what is under way end; then return how many have left, of which no more may come."""
    await asyncio.sleep(0.5)
    left = len(sender.sent)
    await asyncio.sleep(0.5)
    assert len(sender.sent) == left
    return left


@pytest.mark.timeout(180)
async def test_sending_goes_on_when_the_file_is_back(sqlite_db: Database, soak: bool) -> None:
    times = 25 if soak else 1
    readers = READERS * times
    edition = await open_edition(sqlite_db, readers=readers)
    sender = FakeSender(delay=0.02)
    work = await sending(sqlite_db, sender)
    place = Path(sqlite_db.name)
    away = place.with_name("elsewhere.db")
    for _ in range(times):
        before = len(sender.sent)
        place.rename(away)
        assert await stopped(sender) - before < READERS / 2
        assert not work.done()
        away.rename(place)
        await left(sender, before + 80)
    async with asyncio.timeout(60):
        await work
    assert Counter((await states(sqlite_db, edition)).values()) == {State.SENT: readers}
    assert set(Counter(sender.sent).values()) == {1}
    print(f"\nmoved and moved back {times} times: {readers} readers, each once")


def another(place: Path) -> Path:
    """Make a copy of a database, as a backup does."""
    backup = place.with_name("backup.db")
    with closing(sqlite3.connect(place)) as here, closing(sqlite3.connect(backup)) as there:
        here.backup(there)
    return backup


@pytest.mark.parametrize("how", ["replaced", "removed"])
async def test_sending_ends_with_the_reason_where_the_file_is_another_or_none(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(patience, "_GIVE_UP_AFTER_SECONDS", 1.5)
    await open_edition(sqlite_db, readers=READERS)
    place = Path(sqlite_db.name)
    backup = another(place)
    sender = FakeSender(delay=0.02)
    work = await sending(sqlite_db, sender)
    if how == "replaced":
        shutil.copy(backup, place.with_name("new.db"))
        place.with_name("new.db").rename(place)
    else:
        place.unlink()
    assert await stopped(sender) < READERS / 2
    with pytest.raises(StoreError, match=f"was {how}"):
        async with asyncio.timeout(30):
            await work
    assert place.exists() == (how == "replaced")
    if how == "replaced":
        assert place.read_bytes() == backup.read_bytes(), "the other file is left untouched"


@pytest.mark.timeout(180)
async def test_a_file_that_is_replaced_and_put_back_is_gone_on_with_by_a_new_start(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, soak: bool
) -> None:
    """Results of the last moment cannot be written: these readers are in doubt, and nobody else is mailed again."""
    monkeypatch.setattr(patience, "_GIVE_UP_AFTER_SECONDS", 0.5)
    times = 15 if soak else 1
    sender, place = FakeSender(delay=0.02), Path(sqlite_url.removeprefix("sqlite:///"))
    edition, watch = None, LivenessTracker(300)
    for _ in range(times):
        db = await Database.open(sqlite_url)
        edition = edition or await open_edition(db, readers=(times + 1) * READERS // 2)
        backup = another(place)
        work = await sending(db, sender, watch=watch)
        place.rename(place.with_name("ours.db"))
        shutil.copy(backup, place)
        with pytest.raises(StoreError, match="was replaced"):
            async with asyncio.timeout(30):
                await work
        await db.close()
        assert place.read_bytes() == backup.read_bytes()
        place.with_name("ours.db").rename(place)
    db = await Database.open(sqlite_url)
    await run(db, sender, watch=watch, clock=utc_now)
    rows = {row.address: row async for row in deliveries.rows(db, edition.id)} if edition else {}
    await db.close()
    assert {row.state for row in rows.values()} == {State.SENT}
    got = Counter(sender.sent)
    assert got.keys() == rows.keys()
    twice = {name for name, number in got.items() if number > 1}
    assert twice <= {name for name, row in rows.items() if row.doubted}
    assert len(twice) <= 40 * times, "no more than about a third of a second's mails"
    print(f"\nreplaced {times} times: {len(rows)} readers, none lost, {len(twice)} second copies, all listed")
