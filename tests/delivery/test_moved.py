"""The database's file is moved, replaced or removed while mails go out: sending stops before the next one."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from digest.delivery import patience
from digest.errors import StoreError
from digest.model import State
from digest.store.db.database import Database
from tests.delivery.running import run
from tests.helpers.ledger import FakeSender, open_edition, states

READERS = 400


async def sending(db: Database, sender: FakeSender) -> asyncio.Task[object]:
    """Begin to send, and wait until some of it has left."""
    work: asyncio.Task[object] = asyncio.create_task(run(db, sender))
    async with asyncio.timeout(10):
        while len(sender.sent) < 40:
            await asyncio.sleep(0.01)
    return work


async def stopped(sender: FakeSender) -> int:
    """Let what is under way end; then return how many have left, of which no more may come."""
    await asyncio.sleep(0.5)
    left = len(sender.sent)
    await asyncio.sleep(0.5)
    assert len(sender.sent) == left
    return left


async def test_sending_goes_on_when_the_file_is_back(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=READERS)
    sender = FakeSender(delay=0.02)
    work = await sending(sqlite_db, sender)
    place = Path(sqlite_db.name)
    away = place.with_name("elsewhere.db")
    place.rename(away)
    assert await stopped(sender) < READERS / 2
    assert not work.done()
    away.rename(place)
    async with asyncio.timeout(30):
        await work
    assert Counter((await states(sqlite_db, edition)).values()) == {State.SENT: READERS}
    assert set(Counter(sender.sent).values()) == {1}


@pytest.mark.parametrize("how", ["replaced", "removed"])
async def test_sending_ends_with_the_reason_where_the_file_is_another_or_none(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(patience, "_PATIENCE", 1.5)
    await open_edition(sqlite_db, readers=READERS)
    place = Path(sqlite_db.name)
    backup = place.with_name("backup.db")
    with closing(sqlite3.connect(place)) as here, closing(sqlite3.connect(backup)) as there:
        here.backup(there)
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
