"""Open the database and hand out its transactions; SQLite and PostgreSQL look the same from outside."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from digest.errors import StoreError, StoreGone
from digest.store.db import engines, migrations
from digest.store.db.changes import Change
from digest.store.db.faults import translated_errors
from digest.store.db.moving import marks
from digest.store.db.schema.tables import meta
from digest.store.db.sqlite import disks, wal
from digest.store.db.sqlite import driver as aio
from digest.store.db.sqlite.location import Location

T = TypeVar("T")

LOST_PAGES_KEY = "pages_lost"  # key in `meta`: the number of damaged pages of SQLite's log


class Database:
    """An open database: `begin()` to write, `connect()` to read, `rehearsal()` to try without a trace."""

    def __init__(self, engine: AsyncEngine, name: str, location: Location | None = None) -> None:
        self.name = name  # for people: the file, or the URL without its password
        self.dialect = engine.dialect.name  # "sqlite" or "postgresql"
        self._engine, self._location = engine, location
        self._writer = engine.execution_options(begin=engines.IMMEDIATE)
        # SQLite lets one writer in: within a process we queue for that here, in order, not in its busy loop.
        one_by_one = self.dialect == "sqlite"
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if one_by_one else nullcontext()

    @classmethod
    async def open(
        cls, url: str, *, create: bool = True, upgrade: bool = False, moved: bool = False
    ) -> Database:
        """Open the database of a URL ("sqlite:///file" or "postgresql://..."); raises StoreError in words.

        A SQLite file is made and brought up to date where `create` allows it; without, an empty database in
        memory stands in for a file that does not exist, and a file that cannot be written is opened for reading.
        PostgreSQL is brought up to date only by `upgrade`. One that is being moved is opened only with `moved`.
        """
        place = engines.target(url)
        file = engines.file_of(place)
        if file and not create and not file.exists():
            from digest.store.db.rehearsals import in_memory  # which stands on this module

            return await in_memory(str(file))
        if file:
            disks.check(file)
            disks.make(file)
        read_only = bool(file and not create and disks.is_read_only(file))
        lost = wal.lost(file) if file and not read_only else 0
        location = Location(file) if file and not read_only else None
        made = engines.engine(place, read_only=read_only, location=location)
        db = cls(made, str(file) if file else engines.shown(place), location)
        try:
            await db._prepare(upgrade=upgrade or (create and file is not None), moved=moved)
            if location:
                location.settle()
            if lost:
                await db._note_loss(lost)
        except BaseException:
            await db.close()
            raise
        return db

    @classmethod
    async def has_tables(cls, url: str) -> bool:
        """Tell whether a database on a server has been set up, of whatever version."""
        place = engines.target(url)
        db = cls(engines.engine(place), engines.shown(place))
        try:
            return bool(await db.version())
        finally:
            await db.close()

    async def _prepare(self, *, upgrade: bool, moved: bool) -> None:
        version = await self.version()
        if version and not moved:
            await self._refuse_moved()
        if upgrade:
            await self.upgrade()
            return
        self._check(version)

    async def check_version(self) -> None:
        """Ask the database for the version of its tables; raises StoreError if this program cannot work with it."""
        self._check(await self.version())
        await self._refuse_moved()

    def _check(self, version: str) -> None:
        if version < migrations.newest():
            state = "has no tables yet" if not version else "was made by an older version of this program"
            raise StoreError(f'The database {self.name} {state}: run "digest db upgrade".')
        self._refuse_newer(version)

    async def _note_loss(self, pages: int) -> None:
        """Record that changes were lost, until `restore_guard` acts on it; what is left may be damaged as well."""
        async with self.begin() as conn:
            if await conn.scalar(text("PRAGMA quick_check(1)")) != "ok":
                raise StoreError(f"The database {self.name} is damaged: restore it from a backup.")
            note = insert(meta).values(key=LOST_PAGES_KEY, value=str(pages))
            await conn.execute(note.on_conflict_do_nothing())

    async def _refuse_moved(self) -> None:
        async with self.connect() as conn:
            if words := await marks.refusal(conn):
                raise StoreError(f"The database {self.name} {words}.")

    def _refuse_newer(self, version: str) -> None:
        if version > migrations.newest():
            raise StoreError(
                f"The database {self.name} was made by a newer version of this program (schema {version}, "
                f"known here up to {migrations.newest()}): install that version, or restore a backup."
            )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside a transaction for writing: kept at the end, undone by an exception.

        On SQLite no other connection can write from its first statement on.
        """
        async with self._turn, self._use():
            async with self._writer.begin() as conn:
                yield conn

    async def carry_out(
        self, changes: Sequence[Change], *, before_commit: Callable[[], None] | None = None
    ) -> list[int]:
        """Carry out changes in one transaction and return how many rows each of them met.

        `before_commit` is called, possibly in another thread, when all is done but the commit; what it raises undoes
        the changes. On SQLite all this is a single visit to its thread.
        """
        if not changes:
            return []
        if self.dialect != "sqlite":
            return await self._one_by_one(changes, before_commit)
        statements = [change.in_sqlite() for change in changes]
        async with self._turn, self._use():
            return await self._visit(lambda driver: driver.carry_out(statements, before_commit))

    async def with_sqlite(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have SQLite's own connection do something, outside a transaction, in its thread."""
        async with self._use():
            return await self._visit(lambda driver: work(driver.raw))

    async def _visit(self, work: Callable[[aio.Connection], T]) -> T:
        """Have a connection to SQLite do something in its thread."""
        async with self._engine.connect() as conn:
            driver = cast(aio.Connection, (await conn.get_raw_connection()).driver_connection)
            return await driver.in_thread(work, driver)

    async def _one_by_one(
        self, changes: Sequence[Change], before_commit: Callable[[], None] | None
    ) -> list[int]:
        async with self.begin() as conn:
            counts = [await change.on(conn) for change in changes]
            if before_commit:
                before_commit()
            return counts

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[None]:
        """Say in words what goes wrong; raises StoreGone where the file is not at its place any more."""
        if self._location and (fault := self._location.fault()):
            if not self._location.emptied:
                self._location.emptied = True
                # What only its log has is of no use once that file is elsewhere, or meets another file.
                with suppress(Exception):
                    await self._visit(aio.Connection.empty_log)
            raise StoreGone(f"{fault}.")
        with translated_errors(self.name):
            yield

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for reading; what it sees is one state of the database."""
        async with self._use(), self._engine.connect() as conn:
            yield conn

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[Database]:
        """Give a database in which everything can be done and of which nothing stays.

        On SQLite no other program can write meanwhile, so do no network I/O inside.
        """
        from digest.store.db.rehearsals import Rehearsal  # which stands on this module

        async with self.begin() as conn:
            try:
                yield Rehearsal(conn, self.name)
            finally:
                await conn.rollback()

    async def upgrade(self) -> None:
        """Bring the tables up to date; any number of processes may call it at once."""
        version = await self.version()
        if not version:
            await self._refuse_strangers()
        if (
            version < migrations.newest() or self.dialect == "postgresql"
        ):  # whose queue has versions of its own
            await self.migrate(migrations.run)
        self._refuse_newer(await self.version())

    async def _refuse_strangers(self) -> None:
        """Keep our tables out of another program's file; a server's database may be shared."""
        async with self.connect() as conn:
            strangers = await conn.run_sync(lambda sync: inspect(sync).get_table_names())
        if self.dialect == "sqlite" and strangers and "alembic_version" not in strangers:
            raise StoreError(
                f"The database {self.name} belongs to another program (it has a table {strangers[0]!r}): "
                "name another file in database.url."
            )

    async def migrate(self, work: Callable[[Connection], None]) -> None:
        """Do in one transaction what changes tables; no other process writes meanwhile on SQLite."""
        async with self._turn, self._use(), self._writer.connect() as conn:
            async with migrations.foreign_keys_off(conn), conn.begin():
                await conn.run_sync(work)

    def driver_arguments(self) -> dict[str, Any]:
        """Return what another connection of the same driver needs to reach the same database."""
        dialect, url = self._engine.dialect, self._engine.url
        return dict(dialect.create_connect_args(url)[1])

    async def version(self) -> str:
        """Return the version of the tables: "" for an empty database."""
        async with self.connect() as conn:
            return await conn.run_sync(migrations.version)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._engine.dispose()
