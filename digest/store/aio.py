"""SQLite's driver for asyncio, with fewer visits to its thread.

It does every step in a thread of its own: a visit costs two switches of threads, and beside a busy event loop the thread
has to wait for the interpreter's lock each time. As it comes, a statement is four visits; here it is one, and a second
one where there are rows to fetch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial
from typing import Any, cast

import aiosqlite


class Cursor(aiosqlite.Cursor):
    """Comes into being with its first statement, and needs closing only while rows of it may be left."""

    def __init__(self, conn: aiosqlite.Connection) -> None:
        super().__init__(conn, cast(sqlite3.Cursor, None))
        self._rows_left = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Cursor:
        self._cursor = await self._execute(self._conn._conn.execute, sql, parameters or ())  # type: ignore[no-untyped-call]
        self._rows_left = self._cursor.description is not None
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> Cursor:
        self._cursor = await self._execute(self._conn._conn.executemany, sql, parameters)  # type: ignore[no-untyped-call]
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        rows = await super().fetchall()
        self._rows_left = False
        return rows

    async def close(self) -> None:
        if self._rows_left:
            await super().close()


class Connection(aiosqlite.Connection):
    """A connection whose cursors are these."""

    def cursor(self) -> Cursor:  # type: ignore[override]  # awaited nowhere
        return Cursor(self)


def connect(database: str, **options: Any) -> Connection:
    """Return a connection to be awaited."""
    connection = Connection(partial(sqlite3.connect, database, **options), iter_chunk_size=64)
    connection._thread.daemon = True  # or a connection that nobody closed would keep the program from ending
    return connection
