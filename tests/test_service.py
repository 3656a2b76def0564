"""The service's delivery loop by itself, with real tools."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest import service
from digest.app import open_tools
from digest.clock import utc_now
from digest.settings import DatabaseSettings, FetchSettings, Newsletter, SenderSettings, Settings
from digest.store import editions
from tests.helpers.ledger import MAIL, a_plan, add_readers
from tests.helpers.smtp_server import Serve


async def test_a_password_that_is_wrong_is_tried_less_and_less_often(
    sqlite_url: str, scripted: Serve
) -> None:
    server = await scripted(script={"auth": "535 5.7.8 no"}, offers=["AUTH PLAIN"])
    sender = {"kind": "smtp", "host": server.host, "port": server.port, "security": "none"}
    settings = Settings(
        database=DatabaseSettings(url=sqlite_url),
        senders=(SenderSettings.model_validate(sender | {"username": "us", "password": "wrong"}),),
        newsletters=(Newsletter(name="daily", title="The Daily", **{"from": "Daily <d@news.example.org>"}),),
    )
    async with open_tools(settings) as tools:
        await add_readers(tools.db, 3)
        await editions.open(tools.db, a_plan(), MAIL, utc_now())
        stop = asyncio.Event()
        work = asyncio.create_task(service.deliver_until(tools, stop, rest=timedelta(seconds=0.1)))
        await asyncio.sleep(4)
        stop.set()
        await work
    # After 0.1, 0.3, 0.7, 1.5 and 3.1 seconds; without growing pauses it would be forty times.
    assert 2 <= server.connections <= 8


async def test_no_password_is_written_to_the_log(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    address = "http://us:secret@127.0.0.1:9/feed?key=secret"
    section = {"title": "World", "sources": [{"url": address}]}
    newsletter = {"name": "daily", "title": "The Daily", "from": "d@news.example.org", "sections": [section]}
    settings = Settings(
        database=DatabaseSettings(url=sqlite_url),
        fetch=FetchSettings(allow_private=True),
        newsletters=(Newsletter.model_validate(newsletter),),
    )
    async with open_tools(settings) as tools:
        await service._fetch_all(tools)
    assert "feed:http://127.0.0.1:9/feed?…: 127.0.0.1: no connection" in caplog.text
    assert "secret" not in caplog.text + repr(settings)
