"""Lines to PostgreSQL: a dead one is noticed, a busy one is waited for, and what was committed is on the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from digest.errors import StoreError
from digest.store.db.database import Database
from digest.store.db.postgres.durability import careless_settings
from digest.store.db.postgres.lines import Line
from tests.helpers.proxy import Wire, wire_to

pytestmark = pytest.mark.postgres


@pytest.fixture
async def wire(postgres_url: str) -> AsyncIterator[Wire]:
    url = make_url(postgres_url)
    folder = url.query.get("host")
    path = f"{folder}/.s.PGSQL.{url.port or 5432}" if folder else ""
    async with wire_to(url.port or 5432, path=path) as laid:
        yield laid


@pytest.fixture
async def far(postgres_url: str, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database behind a wire, of which a statement is asked about after half a second."""
    monkeypatch.setattr(Line, "patience", 0.5)
    near = make_url(postgres_url).set(host="127.0.0.1", port=wire.port, query={})
    db = await Database.open(near.render_as_string(hide_password=False))
    yield db
    await db.close()


async def ask(db: Database, query: str = "SELECT 1") -> object:
    async with db.connect() as conn:
        return await conn.scalar(text(query))


async def setting(db: Database, name: str) -> object:
    return await ask(db, f"SELECT current_setting('{name}')")


async def test_a_line_that_goes_dead_is_noticed_and_another_one_is_taken(far: Database, wire: Wire) -> None:
    async def freeze_in_the_middle() -> None:
        async with far.begin() as conn:
            await conn.execute(text("SELECT 1"))
            wire.freeze()
            await conn.execute(text("SELECT 2"))

    begun = time.monotonic()
    with pytest.raises(StoreError, match=r"no answer for 0\.5 s"):
        await freeze_in_the_middle()
    assert time.monotonic() - begun < 5
    assert await ask(far) == 1


async def test_idle_lines_that_went_dead_cost_one_wait(far: Database, wire: Wire) -> None:
    await asyncio.gather(*(ask(far, "SELECT pg_sleep(0.1)") for _ in range(4)))
    wire.freeze()
    begun = time.monotonic()
    for _ in range(6):
        assert await ask(far) == 1
    assert time.monotonic() - begun < 4


async def test_a_statement_on_which_the_server_works_is_waited_for(far: Database) -> None:
    assert await ask(far, "SELECT 7 FROM pg_sleep(2)") == 7


async def test_whoever_is_cancelled_does_not_wait_for_a_dead_line(far: Database, wire: Wire) -> None:
    async with far.connect() as conn:
        await conn.execute(text("SELECT 1"))
        wire.freeze()
        waiting = asyncio.create_task(ask(far, "SELECT pg_sleep(60)"))
        stuck = asyncio.create_task(conn.scalar(text("SELECT 1")))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        for task in (waiting, stuck):
            task.cancel()
        await asyncio.gather(waiting, stuck, return_exceptions=True)
        assert time.monotonic() - begun < 12


async def test_what_was_committed_is_on_the_disk_whatever_the_database_is_set_to(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    owner = create_async_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    for wanted, got in (("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")):
        async with owner.begin() as conn:
            await conn.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = {wanted}'))
        db = await Database.open(postgres_url)
        assert await setting(db, "synchronous_commit") == got
        await db.close()
    await owner.dispose()


async def test_a_session_has_limits_unless_the_operator_has_set_some(postgres_url: str) -> None:
    db = await Database.open(postgres_url)
    assert await setting(db, "statement_timeout") == "15min"
    assert await setting(db, "idle_in_transaction_session_timeout") == "1min"
    await db.close()
    own = make_url(postgres_url).update_query_dict({"options": "-c statement_timeout=7000"})
    db = await Database.open(own.render_as_string(hide_password=False))
    assert await setting(db, "statement_timeout") == "7s"
    await db.close()


async def test_a_server_that_does_not_keep_what_it_says_is_found_out(postgres_url: str) -> None:
    db = await Database.open(postgres_url)
    owner = create_async_engine(
        make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )

    async def administer(command: str) -> list[str]:
        async with owner.connect() as conn:
            await conn.execute(text(command))
            await conn.execute(text("SELECT pg_reload_conf()"))
        await asyncio.sleep(0.3)
        return await careless_settings(db)

    try:
        assert "full_page_writes" in await administer("ALTER SYSTEM SET full_page_writes = off")
        assert "fsync" in await administer("ALTER SYSTEM SET fsync = off")
        assert await administer("ALTER SYSTEM SET fsync = on") == ["full_page_writes"]
    finally:
        await administer("ALTER SYSTEM RESET fsync")
        await administer("ALTER SYSTEM RESET full_page_writes")
        await owner.dispose()
        await db.close()


async def test_sqlite_has_no_such_settings(sqlite_db: Database) -> None:
    assert await careless_settings(sqlite_db) == []
