"""A new key of links: services that run already read what it signed, and old links go on working."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from digest.app import open_tools
from digest.errors import UsageError
from digest.readers import keys as noticed
from digest.store.db import meta
from digest.usecases import keys
from digest.web import create_app, serve
from tests.web.conftest import add_reader, settings


async def test_a_service_that_runs_reads_links_of_a_key_made_elsewhere(db_url: str, now: datetime) -> None:
    async with open_tools(settings(db_url), clock=lambda: now) as running:
        await running.db.upgrade()
        number = await add_reader(running, "ada")
        old = running.links.token(number)
        async with (
            serve(create_app(running), "127.0.0.1", 0) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
            open_tools(settings(db_url), clock=lambda: now) as other,
        ):
            assert (
                await client.get("/u/_wAAAAAAAAAAAAAAAAAAAAAAAAAAx")
            ).status_code == 404  # a made-up version
            assert await keys.rotate(other) == 2
            new = other.links.token(number)
            assert new != old
            assert other.links.read(old) == other.links.read(new) == number
            assert running.links.read(new) is None
            await noticed.notice(running.links, running.db)
            assert running.links.token(number) == new
            assert await keys.rotate(other) == 3
            for token in (old, new):
                assert (await client.get(f"/u/{token}")).status_code == 200


async def test_a_page_looks_for_the_key_of_a_link_that_it_cannot_know(sqlite_url: str, now: datetime) -> None:
    async with (
        open_tools(settings(sqlite_url), clock=lambda: now) as running,
        open_tools(settings(sqlite_url), clock=lambda: now) as other,
        serve(create_app(running), "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        number = await add_reader(running, "ada")
        await keys.rotate(other)
        answer = await client.post(f"/u/{other.links.token(number)}")
        assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)


async def test_the_last_version_is_the_last(sqlite_url: str, now: datetime) -> None:
    async with open_tools(settings(sqlite_url), clock=lambda: now) as tools:
        async with tools.db.begin() as conn:
            await meta.add_token_key(conn, meta.LAST_TOKEN_KEY)
        await noticed.notice(tools.links, tools.db)
        assert tools.links.read(tools.links.token(7)) == 7
        with pytest.raises(UsageError, match="no room"):
            await keys.rotate(tools)
