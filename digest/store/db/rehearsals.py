"""Databases that keep nothing: inside one transaction that is rolled back, or in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import StaticPool

from digest.store.db import engines
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.db.faults import translated_errors
from digest.store.db.schema.tables import metadata


class Rehearsal(Database):
    """A database on one connection that is inside a transaction already; the caller that opened it ends it.

    Every `begin()` is a savepoint. Tasks take turns; one that holds its turn may go deeper.
    """

    def __init__(self, conn: AsyncConnection, name: str) -> None:
        super().__init__(conn.engine, name)
        self._conn = conn
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._hold():
            with translated_errors(self.name):
                async with self._conn.begin_nested():
                    yield self._conn

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        async with self._hold():
            with translated_errors(self.name):
                yield self._conn

    async def carry_out(
        self, changes: Sequence[Change], *, before_commit: Callable[[], None] | None = None
    ) -> list[int]:
        return await self._one_by_one(changes, before_commit)

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[Database]:
        async with self._hold():
            savepoint = await self._conn.begin_nested()
            try:
                yield Rehearsal(self._conn, self.name)
            finally:
                await savepoint.rollback()

    @asynccontextmanager
    async def _hold(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        if self._holder is task:
            yield
            return
        async with self._lock:
            self._holder = task
            try:
                yield
            finally:
                self._holder = None

    async def upgrade(self) -> None:
        """Do nothing: a rehearsal is up to date."""

    async def close(self) -> None:
        """Do nothing: the caller that opened the rehearsal ends it."""


class _Memory(Rehearsal):
    """The stand-in for a file that does not exist."""

    async def close(self) -> None:
        await self._conn.close()
        await self._engine.dispose()


async def in_memory(name: str) -> Database:
    """Return an empty database that stands in for the file of this name."""
    engine = engines.engine(engines.target("sqlite://"), poolclass=StaticPool)
    conn = await engine.connect()
    await conn.run_sync(metadata.create_all)
    return _Memory(conn, name)
