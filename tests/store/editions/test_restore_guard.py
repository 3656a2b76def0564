"""A database that is older than the mails it has sent asks before it sends any twice; any other is left alone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.delivery import Hooks, SenderRoute, deliver
from digest.model import EditionStatus, State
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.editions import editions, lifecycle, restore_guard
from tests.helpers.ledger import (
    CLOCK,
    MAIL,
    NOW,
    FakeSender,
    a_plan,
    add_readers,
    copies,
    open_edition,
    states,
)

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def watermark(tmp_path: Path) -> Path:
    return tmp_path / "digest.mark"


async def copy_of(db: Database) -> Path:
    """A backup of the file as it is at this moment; the program made its key when it was first opened."""
    await meta.token_key(db)
    copy = Path(f"{db.name}.copy")
    with closing(sqlite3.connect(db.name)) as here, closing(sqlite3.connect(copy)) as there:
        here.backup(there)
    return copy


async def restored(db: Database, copy: Path) -> Database:
    """The database as it was; closes the one that is there."""
    await db.close()
    for path in (f"{db.name}-wal", f"{db.name}-shm"):
        Path(path).unlink(missing_ok=True)
    shutil.copy(copy, db.name)
    return await Database.open(f"sqlite:///{db.name}")


async def test_nothing_is_held_in_daily_use(db: Database, watermark: Path) -> None:
    made = await open_edition(db, readers=2)
    for minutes in (0, 5, -60, 10):  # also when the clock goes back
        assert await restore_guard.check(db, watermark, NOW) == ""
        await restore_guard.note(db, watermark, NOW + timedelta(minutes=minutes))
    assert await restore_guard.check(db, watermark, NOW) == ""
    assert (await editions.by_name(db, made.name)).status is EditionStatus.SENDING


async def test_a_restored_copy_holds_what_it_was_sending(sqlite_db: Database, watermark: Path) -> None:
    made = await open_edition(sqlite_db, readers=3)
    copy = await copy_of(sqlite_db)
    await restore_guard.note(sqlite_db, watermark, NOW)
    db = await restored(sqlite_db, copy)
    reason = await restore_guard.check(db, watermark, LATER)
    assert "restored" in reason
    assert "digest editions resume" in reason
    edition = await editions.by_name(db, made.name)
    assert (edition.status, edition.reason) == (EditionStatus.PAUSED, reason)
    sender = FakeSender()
    await deliver(db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK))
    assert not sender.sent

    await lifecycle.set_status(db, made.name, "resume", LATER)
    assert await restore_guard.check(db, watermark, LATER) == "", "it asks once"
    await deliver(
        db,
        [SenderRoute("fake", sender)],
        copies,
        hooks=Hooks(clock=CLOCK, note=lambda: restore_guard.note(db, watermark, LATER)),
    )
    assert set((await states(db, made)).values()) == {State.SENT}
    await db.close()


async def test_the_same_copy_restored_again_is_found_again(sqlite_db: Database, watermark: Path) -> None:
    await open_edition(sqlite_db, readers=1)
    copy = await copy_of(sqlite_db)
    await restore_guard.note(sqlite_db, watermark, NOW)
    db = await restored(sqlite_db, copy)
    assert await restore_guard.check(db, watermark, LATER)
    db = await restored(db, copy)
    assert await restore_guard.check(db, watermark, LATER)
    await db.close()


async def test_slots_of_the_lost_time_are_held_and_new_ones_are_not(
    sqlite_db: Database, watermark: Path
) -> None:
    await add_readers(sqlite_db, 2)
    await restore_guard.note(sqlite_db, watermark, NOW - timedelta(days=1))
    copy = await copy_of(sqlite_db)
    await open_edition(sqlite_db)
    await restore_guard.note(sqlite_db, watermark, NOW)
    db = await restored(sqlite_db, copy)
    assert await restore_guard.check(db, watermark, LATER)
    again = await editions.open(db, a_plan(), MAIL, LATER)
    assert again
    assert again.status is EditionStatus.PAUSED
    assert "restored" in again.reason
    tomorrow = replace(a_plan(slot="2026-03-03T07:00"), due=NOW + timedelta(days=1))
    new = await editions.open(db, tomorrow, MAIL, LATER)
    assert new
    assert new.status is EditionStatus.SENDING
    await db.close()


async def test_a_watermark_that_is_lost_or_damaged_or_anothers_stops_nothing(
    db: Database, watermark: Path
) -> None:
    await restore_guard.note(db, watermark, NOW)
    said = watermark.read_text()
    for text in ("", "{}", "[]", '{"database": "another", "handed_over_at": "2099-01-01T00:00:00+00:00"}'):
        watermark.write_text(text)
        assert await restore_guard.check(db, watermark, NOW) == ""
    watermark.unlink()
    assert await restore_guard.check(db, watermark, NOW) == ""
    await restore_guard.note(db, watermark, NOW)
    assert watermark.read_text() != said
    assert [file.name for file in watermark.parent.iterdir() if file.name.startswith(watermark.name)] == [
        watermark.name
    ]


async def test_a_watermark_that_cannot_be_written_is_said_and_stops_nothing(
    db: Database, tmp_path: Path
) -> None:
    assert "database.mark" in await restore_guard.note(db, tmp_path / "nowhere" / "digest.mark", NOW)
    assert not await restore_guard.note(db, tmp_path / "digest.mark", NOW)


async def test_a_copy_taken_in_the_middle_of_a_run_is_noticed(sqlite_db: Database, watermark: Path) -> None:
    """The watermark is there before the first mail leaves, and moves on while mails leave."""
    await open_edition(sqlite_db, readers=20)
    moments: list[int] = []

    async def note() -> None:
        moments.append(len(sender.sent))
        await restore_guard.note(sqlite_db, watermark, NOW)

    sender = FakeSender()
    await deliver(sqlite_db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK, note=note))
    assert moments[0] == 0
    assert moments[-1] == 20
