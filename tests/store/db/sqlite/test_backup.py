"""A copy of a SQLite file is one state of it, whoever writes meanwhile, and is complete or not there."""

from __future__ import annotations

import resource
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store.db.database import Database
from digest.store.db.sqlite import backup
from tests.helpers.ledger import add_readers


async def copy(db: Database, file: Path) -> None:
    await db.with_sqlite(lambda conn: backup.copy(conn, file))


def count(file: Path, key: str) -> int:
    with closing(sqlite3.connect(file)) as conn:
        return int(conn.execute("SELECT count(*) FROM meta WHERE key GLOB ?", (f"{key}*",)).fetchone()[0])


async def test_a_copy_is_one_state_while_another_process_writes(sqlite_db: Database, tmp_path: Path) -> None:
    await add_readers(sqlite_db, 20_000)
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(sqlite_db.name, isolation_level=None, timeout=30)) as conn:
            number = 0
            while not stop.is_set():
                number += 1
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("INSERT INTO meta VALUES (?, '')", (f"one {number}",))
                conn.execute("INSERT INTO meta VALUES (?, '')", (f"two {number}",))
                conn.execute("COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    copies = [tmp_path / f"copy {number}.db" for number in range(5)]
    try:
        for file in copies:
            await copy(sqlite_db, file)
    finally:
        stop.set()
        writer.join()
    assert all(count(file, "one") == count(file, "two") for file in copies)
    assert count(Path(sqlite_db.name), "one") > count(copies[0], "one")
    assert [stat.S_IMODE(file.stat().st_mode) for file in copies] == [0o600] * 5
    assert not list(tmp_path.glob(".*")) + list(tmp_path.glob("copy*-*")), "one file, and nothing beside it"
    for file in copies:
        opened = await Database.open(f"sqlite:///{file}")
        await opened.close()


async def test_a_copy_that_cannot_be_made_leaves_what_was_there(sqlite_db: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere.*cannot be written"):
        await copy(sqlite_db, tmp_path / "nowhere" / "copy.db")
    (tmp_path / "copy.db").mkdir()
    with pytest.raises(StoreError, match=r"copy\.db: it cannot be written"):
        await copy(sqlite_db, tmp_path / "copy.db")
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


async def test_a_disk_without_room_is_said_of_the_copy(sqlite_db: Database, tmp_path: Path) -> None:
    await add_readers(sqlite_db, 2000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(StoreError, match=r"The copy .*copy\.db could not"):
            await copy(sqlite_db, tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.glob("*copy.db*"))
