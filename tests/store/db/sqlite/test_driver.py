"""SQLite's driver: fewer calls into its thread, and nothing else is different."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from digest.store.db.sqlite import driver

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"


def begun(connection: driver.Connection) -> bool:
    return connection.in_transaction


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[driver.Connection]:
    made = driver.connect(str(tmp_path / "file.db"), isolation_level=None)
    await made
    yield made
    await made.close()


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
async def test_all_rows_come_however_many(connection: driver.Connection, count: int) -> None:
    for at_once in (None, 1, 100, 256, 300):
        cursor = await connection.cursor().execute(_NUMBERS + " LIMIT ?", (count, count))
        rows = list(await cursor.fetchmany(at_once)) if at_once else list(await cursor.fetchall())
        while at_once and (page := await cursor.fetchmany(at_once)):
            rows += page
        assert [row[0] for row in rows] == list(range(1, count + 1))
        assert list(await cursor.fetchall()) == []
        await cursor.close()


async def test_a_transaction_begins_with_its_first_statement(connection: driver.Connection) -> None:
    cursor = connection.cursor()
    await cursor.execute("BEGIN IMMEDIATE")
    assert not begun(connection)
    await cursor.execute("CREATE TABLE t (a)")
    assert begun(connection)
    await cursor.executemany("INSERT INTO t VALUES (?)", [(1,), (2,), (3,)])
    assert cursor.rowcount == 3
    await connection.rollback()
    assert not begun(connection)
    await cursor.execute("SELECT count(*) FROM sqlite_master")
    assert await cursor.fetchone() == (0,)


async def test_what_was_begun_and_not_used_leaves_nothing(
    connection: driver.Connection, tmp_path: Path
) -> None:
    for end in (connection.commit, connection.rollback):
        await connection.cursor().execute("BEGIN IMMEDIATE")
        await end()
        await connection.cursor().execute(
            "CREATE TABLE IF NOT EXISTS t (a)"
        )  # would join a transaction left open
        assert not begun(connection)
    with sqlite3.connect(tmp_path / "file.db") as other:
        assert other.execute("SELECT count(*) FROM t").fetchone() == (0,)
    other.close()


async def test_after_a_read_others_may_tidy_up(connection: driver.Connection) -> None:
    cursor = connection.cursor()
    await cursor.execute("BEGIN")
    await cursor.execute("SELECT 1")
    await connection.rollback()
    await cursor.execute("SELECT 2")
    assert not begun(connection)
    assert await cursor.fetchone() == (2,)


async def test_a_lock_is_noticed_by_the_first_statement(
    connection: driver.Connection, tmp_path: Path
) -> None:
    await connection.cursor().execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "file.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await connection.cursor().execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await connection.cursor().execute("CREATE TABLE t (a)")
    other.execute("ROLLBACK")
    other.close()
    await connection.rollback()
    await connection.cursor().execute("CREATE TABLE t (a)")
