"""What a real server refuses is said with what to do about it, and nothing is lost by it."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from digest.delivery import Hooks, SenderRoute, deliver
from digest.errors import StoreError
from digest.model import State
from digest.store.db import engines
from digest.store.db.database import Database
from tests.helpers.ledger import CLOCK, FakeSender, add_readers, copies, open_edition, states

pytestmark = pytest.mark.postgres

Role = Callable[..., Awaitable[str]]
ALL = ("ALL ON ALL TABLES IN SCHEMA public", "ALL ON ALL SEQUENCES IN SCHEMA public")
_numbers = itertools.count()


@pytest.fixture
async def role(postgres_url: str) -> AsyncIterator[Role]:
    """Makes a user of the fresh database with these options and rights, and returns the database's URL for it."""
    place, made = make_url(postgres_url), []
    owner = await Database.open(postgres_url)

    async def make(options: str = "", *grants: str) -> str:
        name = f"paper_{os.getpid()}_{next(_numbers)}"
        made.append(name)
        async with owner.begin() as conn:
            await conn.execute(text(f"CREATE ROLE {name} LOGIN {options}"))
            for grant in grants:
                await conn.execute(text(f"GRANT {grant} TO {name}"))
        return rendered(place.set(username=name))

    yield make
    async with owner.begin() as conn:
        for name in made:
            await conn.execute(text(f"DROP OWNED BY {name}"))
            await conn.execute(text(f"DROP ROLE {name}"))
    await owner.close()


def rendered(url: URL) -> str:
    return url.render_as_string(hide_password=False)


async def fault(url: str, *, upgrade: bool = False) -> str:
    with pytest.raises(StoreError) as caught:
        await (await Database.open(url, upgrade=upgrade)).close()
    return str(caught.value)


async def test_a_user_without_rights_on_the_tables(role: Role, empty_postgres_url: str) -> None:
    assert "forbids this" in await fault(await role())
    nobody = make_url(await role()).set(database=make_url(empty_postgres_url).database)
    assert "to create and alter" in await fault(rendered(nobody), upgrade=True)


async def test_a_user_who_may_only_read_changes_nothing(role: Role) -> None:
    db = await Database.open(await role("", "SELECT ON ALL TABLES IN SCHEMA public"))
    with pytest.raises(StoreError, match="forbids this"):
        await add_readers(db, 1)
    async with db.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM reader")) == 0
    await db.close()


async def test_a_user_or_a_database_without_a_connection_left(role: Role, postgres_url: str) -> None:
    said = await fault(await role("CONNECTION LIMIT 0"))
    assert "has no connection left" in said
    assert "CONNECTION LIMIT" in said


@pytest.mark.timeout(120)
async def test_an_edition_goes_out_over_a_single_connection(role: Role, postgres_url: str) -> None:
    """Whatever asks for a second one fails for a while, waits and tries again."""
    url = await role("CONNECTION LIMIT 2", *ALL)
    db = await Database.open(url)
    edition = await open_edition(db, readers=300)
    other = await Database.open(url)
    async with other.connect() as conn:
        await conn.execute(text("SELECT 1"))
        sender = FakeSender(batch_size=10)
        await deliver(db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK))
    assert set((await states(db, edition)).values()) == {State.SENT}
    assert len(sender.sent) == len(set(sender.sent)) == 300
    await other.close()
    await db.close()


async def test_connections_run_out_while_the_program_works(role: Role) -> None:
    db = await Database.open(await role("CONNECTION LIMIT 1", *ALL))
    async with db.connect() as conn:
        await conn.execute(text("SELECT 1"))
        with pytest.raises(StoreError, match="has no connection left"):
            await add_readers(db, 1)
    await add_readers(db, 1)  # as soon as there is one again
    await db.close()


async def test_a_server_that_is_too_old(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "OLDEST_POSTGRESQL", 99)
    said = await fault(postgres_url)
    assert "which is too old: this program needs version 99 or newer" in said


async def test_an_option_that_does_not_exist(postgres_url: str) -> None:
    said = await fault(f"{postgres_url}{'&' if '?' in postgres_url else '?'}bogus=1")
    assert 'invalid connection option "bogus"' in said
    assert "database.url" in said


async def test_a_server_that_takes_nobody_in_is_waited_for(postgres_url: str) -> None:
    name = make_url(postgres_url).database
    db, other = await Database.open(postgres_url), rendered(make_url(postgres_url).set(database="postgres"))
    closing = engines.engine(engines.target(other), isolation_level="AUTOCOMMIT")
    async with closing.connect() as conn:
        await conn.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        await conn.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
        with suppress(StoreError):
            await add_readers(db, 1)
        assert "try again in a moment" in await fault(postgres_url)
        await conn.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    await asyncio.sleep(0)
    await add_readers(db, 1, start=2)
    await closing.dispose()
    await db.close()
