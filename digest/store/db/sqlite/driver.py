"""SQLite's driver for asyncio, with fewer calls into its thread.

aiosqlite does every step in a thread of its own: a call costs two switches of threads, and beside a busy event loop the
thread has to wait for the interpreter's lock each time. A statement that reads takes it four calls: begin, execute,
fetch, roll back. Here the transaction begins with its first statement, the first rows come back with it, and a rollback
is made only where something was begun.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

import aiosqlite

T = TypeVar("T")

_FIRST_ROWS = 256  # rows that come back with the statement


class Cursor(aiosqlite.Cursor):
    """Comes into being with its first statement, and needs closing only while rows of it may be left."""

    def __init__(self, conn: Connection) -> None:
        super().__init__(conn, cast(sqlite3.Cursor, None))
        self._first: deque[Any] = deque()
        self._rows_left = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Cursor:
        connection = cast(Connection, self._conn)
        if sql.startswith("BEGIN"):
            connection.beginning = sql
        else:
            self._cursor, rows = await connection.in_thread(connection.run, sql, parameters or ())
            self._first, self._rows_left = deque(rows), len(rows) == _FIRST_ROWS
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Cursor:
        connection = cast(Connection, self._conn)
        self._cursor = await connection.in_thread(connection.run_many, sql, parameters)
        return self

    async def fetchone(self) -> sqlite3.Row | None:
        rows = list(await self.fetchmany(1))
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> Iterable[sqlite3.Row]:
        if not self._first and self._rows_left:
            return await super().fetchmany(size)
        return [self._first.popleft() for _ in range(min(size or _FIRST_ROWS, len(self._first)))]

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        rows, self._first = self._first, deque()
        if self._rows_left:
            rows.extend(await super().fetchall())
            self._rows_left = False
        return rows

    async def close(self) -> None:
        if self._rows_left:
            await super().close()

    @property
    def description(self) -> Any:
        return self._cursor and self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount if self._cursor else -1


class Connection(aiosqlite.Connection):
    """A connection whose cursors are these."""

    beginning = ""  # how the transaction begins that no statement has needed yet
    _reads_only = False

    def cursor(self) -> Cursor:  # type: ignore[override]  # awaited nowhere
        return Cursor(self)

    async def in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in the driver's thread."""
        return cast(T, await self._execute(function, *arguments))  # type: ignore[no-untyped-call]

    def run(self, sql: str, parameters: Iterable[Any]) -> tuple[sqlite3.Cursor, list[Any]]:
        """Execute a statement and fetch its first rows, in the driver's thread."""
        self._begin()
        cursor = self._conn.execute(sql, parameters)  # type: ignore[arg-type]
        return cursor, cursor.fetchmany(_FIRST_ROWS) if cursor.description else []

    def run_many(self, sql: str, parameters: Iterable[Iterable[Any]]) -> sqlite3.Cursor:
        """Execute a statement once for each of the parameters, in the driver's thread."""
        self._begin()
        return self._conn.executemany(sql, parameters)  # type: ignore[arg-type]

    @property
    def raw(self) -> sqlite3.Connection:
        """SQLite's own connection, for use in the driver's thread."""
        return self._conn

    def carry_out(
        self, statements: Sequence[tuple[str, Any]], before_commit: Callable[[], None] | None = None
    ) -> list[int]:
        """Execute statements in a transaction of their own, in the driver's thread; return how many rows each met."""
        self._conn.execute("BEGIN IMMEDIATE")
        try:
            counts = [self._conn.execute(sql, values).rowcount for sql, values in statements]
            if before_commit:
                before_commit()
            self._conn.execute("COMMIT")
        except BaseException:
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")
            raise
        return counts

    def empty_log(self) -> None:
        """Write what only the log has into the file itself, in the driver's thread; others are not waited for long."""
        before = self._conn.execute("PRAGMA busy_timeout").fetchone()[0]
        self._conn.execute("PRAGMA busy_timeout=500")
        try:
            self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={before}")

    def _begin(self) -> None:
        beginning, self.beginning = self.beginning, ""
        if beginning:
            self._reads_only = beginning == "BEGIN"
            self._conn.execute(beginning)

    async def commit(self) -> None:
        if self._open():
            await super().commit()

    async def rollback(self) -> None:
        if not self._open():
            return
        if self._reads_only:  # nothing that matters can go wrong
            self._tx.put_nowait((None, self._conn.rollback))
        else:
            await super().rollback()

    def _open(self) -> bool:
        """Tell whether a transaction has really begun, and forget one that has not."""
        self.beginning = ""
        return self.in_transaction


def connect(database: str, **options: Any) -> Connection:
    """Return a connection to be awaited."""
    connection = Connection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = (
        True  # or a connection that was never closed would keep the program from ending
    )
    return connection
