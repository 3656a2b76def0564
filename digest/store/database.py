"""Open the database and hand out its transactions; SQLite and PostgreSQL look the same from outside."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from digest.errors import StoreError, UsageError
from digest.store import migrations
from digest.store.faults import in_words
from digest.store.schema import metadata

_BUSY_SECONDS = 30  # how long one process waits for another's transaction before it gives up
_IMMEDIATE = "BEGIN IMMEDIATE"
_DRIVERS = {"sqlite": "sqlite+aiosqlite"} | dict.fromkeys(("postgresql", "postgres"), "postgresql+psycopg")
_URL_EXAMPLES = 'write "sqlite:///digest.db" or "postgresql://user:password@host/name"'


class Database:
    """An open database: `begin()` to write, `connect()` to read, `rehearsal()` to try without a trace."""

    def __init__(self, engine: AsyncEngine, name: str) -> None:
        self.name = name  # for people: the file, or the URL without its password
        self.dialect = engine.dialect.name  # "sqlite" or "postgresql"
        self._engine = engine
        self._writer = engine.execution_options(begin=_IMMEDIATE)
        # SQLite lets one writer in: within a process we queue for that here, in order, not in its busy loop.
        one_by_one = self.dialect == "sqlite"
        self._turn: AbstractAsyncContextManager[Any] = asyncio.Lock() if one_by_one else nullcontext()

    @classmethod
    async def open(cls, url: str, *, create: bool = True, upgrade: bool = False) -> Database:
        """Open the database of a URL ("sqlite:///file" or "postgresql://..."); raises StoreError in words.

        A SQLite file is made and brought up to date where `create` allows it; without, an empty database in
        memory stands in for a file that does not exist. PostgreSQL is brought up to date only by `upgrade`.
        """
        target = _target(url)
        file = Path(target.database) if target.get_backend_name() == "sqlite" and target.database else None
        if file and not create and not file.exists():
            return await _in_memory(str(file))
        db = cls(_engine(target), str(file) if file else _shown(target))
        try:
            await db._prepare(upgrade=upgrade or (create and file is not None))
        except BaseException:
            await db.close()
            raise
        return db

    async def _prepare(self, *, upgrade: bool) -> None:
        if upgrade:
            await self.upgrade()
            return
        version = await self.version()
        if version < migrations.newest():
            state = "has no tables yet" if not version else "was made by an older version of this program"
            raise StoreError(f'The database {self.name} {state}: run "digest db upgrade".')
        self._refuse_newer(version)

    def _refuse_newer(self, version: str) -> None:
        if version > migrations.newest():
            raise StoreError(
                f"The database {self.name} was made by a newer version of this program (schema {version}, "
                f"known here up to {migrations.newest()}): install that version, or restore a backup."
            )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside a transaction for writing: kept at the end, undone by an exception."""
        async with self._turn:
            with in_words(self.name):
                async with self._writer.begin() as conn:
                    yield conn

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection for reading; what it sees is one state of the database."""
        with in_words(self.name):
            async with self._engine.connect() as conn:
                yield conn

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[Database]:
        """Give a database in which everything can be done and of which nothing stays.

        On SQLite no other program can write meanwhile, so do no network I/O inside.
        """
        async with self.begin() as conn:
            try:
                yield Rehearsal(conn, self.name)
            finally:
                await conn.rollback()

    async def upgrade(self) -> None:
        """Bring the tables up to date; any number of processes may call it at once."""
        if await self.version() < migrations.newest():
            await self.migrate(migrations.run)
        self._refuse_newer(await self.version())

    async def migrate(self, work: Callable[[Connection], None]) -> None:
        """Do in one transaction what changes tables; no other process writes meanwhile on SQLite."""
        async with self._turn:
            with in_words(self.name):
                async with self._writer.connect() as conn, _foreign_keys_off(conn), conn.begin():
                    await conn.run_sync(work)

    async def version(self) -> str:
        """Return the version of the tables: "" for an empty database."""
        async with self.connect() as conn:
            return await conn.run_sync(_version)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._engine.dispose()


class Rehearsal(Database):
    """A database on one connection that is inside a transaction already; whoever opens it ends it.

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
            with in_words(self.name):
                async with self._conn.begin_nested():
                    yield self._conn

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        async with self._hold():
            with in_words(self.name):
                yield self._conn

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
        """Do nothing: whoever opened the rehearsal ends it."""


class _Memory(Rehearsal):
    """The stand-in for a file that does not exist."""

    async def close(self) -> None:
        await self._conn.close()
        await self._engine.dispose()


async def _in_memory(name: str) -> Database:
    engine = _engine(make_url("sqlite+aiosqlite://"), poolclass=StaticPool)
    conn = await engine.connect()
    await conn.run_sync(metadata.create_all)
    return _Memory(conn, name)


def _target(url: str) -> URL:
    """Return the URL with the driver that we use."""
    try:
        target = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"database.url is not a URL; {_URL_EXAMPLES}") from None
    scheme = target.drivername.partition("+")[0]
    if scheme not in _DRIVERS:
        raise UsageError(f"database.url: {scheme!r} is not supported; {_URL_EXAMPLES}")
    return target.set(drivername=_DRIVERS[scheme])


def _shown(target: URL) -> str:
    """Return the URL without its password and whatever else may stand behind the name."""
    return target.set(drivername=target.get_backend_name(), query={}).render_as_string(hide_password=True)


def _engine(target: URL, **options: Any) -> AsyncEngine:
    if target.get_backend_name() == "sqlite":
        return _sqlite_engine(target, **options)
    try:
        return create_async_engine(
            target,
            pool_pre_ping=True,
            hide_parameters=True,  # they hold readers' addresses, and errors end up in logs
            connect_args={"connect_timeout": 10, "application_name": "digest", "keepalives_idle": 30},
            **options,
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            f'PostgreSQL needs the Python package {error.name!r}: pip install "newsletter-digest[postgres]".'
        ) from error


def _sqlite_engine(target: URL, **options: Any) -> AsyncEngine:
    if "timeout" not in target.query:
        target = target.update_query_dict({"timeout": str(_BUSY_SECONDS)})
    options["json_deserializer"] = _from_json
    engine = create_async_engine(target, hide_parameters=True, **options)

    @event.listens_for(engine.sync_engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        try:
            # FULL: what was committed survives a power cut; a mail leaves only after its row is on the disk.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # the pool does not know it yet, and its thread would stay
            raise

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN"))

    return engine


def _from_json(text: str, _decoder: json.JSONDecoder = json.JSONDecoder()) -> Any:  # noqa: B008  # one for all
    return _decoder.raw_decode(text)[0]  # half the time of `json.loads`: what we wrote begins without blanks


def _version(conn: Connection) -> str:
    if not inspect(conn).has_table("alembic_version"):
        return ""
    return str(conn.execute(select(text("version_num FROM alembic_version"))).scalar() or "")


@asynccontextmanager
async def _foreign_keys_off(conn: AsyncConnection) -> AsyncIterator[None]:
    """Let SQLite rebuild tables: with foreign keys on, dropping the old one deletes its children's rows."""
    if conn.dialect.name != "sqlite":
        yield
        return
    await _pragma(conn, "foreign_keys=OFF")
    try:
        yield
    finally:
        await _pragma(conn, "foreign_keys=ON")


async def _pragma(conn: AsyncConnection, text: str) -> None:
    raw = await conn.get_raw_connection()
    assert raw.driver_connection is not None
    cursor = await raw.driver_connection.execute(f"PRAGMA {text}")
    await cursor.close()
