"""The service's delivery loop by itself, with real tools."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import open_tools
from digest.clock import utc_now
from digest.service import in_process
from digest.service.jobs.running import Running
from digest.settings import DatabaseSettings, FetchSettings, Newsletter, SenderSettings, Settings
from digest.store.editions import editions, lifecycle
from digest.tools import Tools
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
        work = asyncio.create_task(
            in_process.deliver_until(Running(tools, stop), rest=timedelta(seconds=0.1))
        )
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
        await in_process.fetch_due(Running(tools, asyncio.Event()))
    assert "feed:http://127.0.0.1:9/feed?…: 127.0.0.1: no connection" in caplog.text
    assert "secret" not in caplog.text + repr(settings)


@asynccontextmanager
async def delivering(tools: Tools) -> AsyncIterator[None]:
    """Have the service deliver meanwhile, looking again at once when there is nothing to do."""
    stop = asyncio.Event()
    work = asyncio.create_task(in_process.deliver_until(Running(tools, stop), rest=timedelta(seconds=0.05)))
    try:
        yield
    finally:
        stop.set()
        await work


def lines(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


def daily(**more: object) -> Newsletter:
    return Newsletter.model_validate(
        {"name": "daily", "title": "The Daily", "from": "Daily <d@news.example.org>", **more}
    )


async def test_an_edition_of_a_newsletter_that_is_gone_is_told_once(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    settings = Settings(database=DatabaseSettings(url=sqlite_url), newsletters=(daily(name="weekly"),))
    async with open_tools(settings) as tools:
        await add_readers(tools.db, 3)
        edition = await editions.open(tools.db, a_plan(), MAIL, utc_now())
        assert edition
        async with delivering(tools):
            await until(lambda: tools.notices.current)
            await asyncio.sleep(0.5)
            [line] = lines(caplog, edition.name)
            assert "its newsletter 'daily' is not in the configuration" in line
            assert f"digest editions cancel {edition.name}" in line
            await lifecycle.set_status(tools.db, edition.name, "cancel", utc_now())
            await until(lambda: not tools.notices.current)
    assert lines(caplog, edition.name)[1:] == [f"no longer so: {line}"]


async def test_a_first_sender_that_is_broken_is_told_while_the_second_works(
    sqlite_url: str, scripted: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    server = await scripted(script={"auth": "535 5.7.8 no"}, offers=["AUTH PLAIN"])
    smtp = {"kind": "smtp", "host": server.host, "port": server.port, "security": "none"}
    second = {"kind": "eml", "folder": str(tmp_path / "outbox"), "rate": ["20/s"]}
    settings = Settings(
        database=DatabaseSettings(url=sqlite_url),
        senders=(
            SenderSettings.model_validate(smtp | {"username": "us", "password": "wrong"}),
            SenderSettings.model_validate(second),
        ),
        newsletters=(daily(),),
    )
    async with open_tools(settings) as tools:
        await add_readers(tools.db, 40)
        await editions.open(tools.db, a_plan(), MAIL, utc_now())
        async with delivering(tools):
            await until(lambda: lines(caplog, "535 5.7.8"))
            assert len(list((tmp_path / "outbox").glob("*.eml"))) < 40, "at once, and not at the end"
            await until(lambda: len(list((tmp_path / "outbox").glob("*.eml"))) == 40)
    assert len([line for line in lines(caplog, "535 5.7.8") if not line.startswith("no longer")]) == 1


async def test_a_mark_that_cannot_be_written_is_told_once(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    mark = tmp_path / "nowhere" / "digest.mark"
    settings = Settings(
        database=DatabaseSettings(url=sqlite_url, mark=mark),
        senders=(SenderSettings.model_validate({"kind": "eml", "folder": str(tmp_path), "rate": ["10/s"]}),),
        newsletters=(daily(),),
    )
    async with open_tools(settings) as tools:
        await add_readers(tools.db, 25)
        await editions.open(tools.db, a_plan(), MAIL, utc_now())
        async with delivering(tools):
            await until(lambda: len(list(tmp_path.glob("*.eml"))) == 25)  # notes about once a second
    assert len([line for line in lines(caplog, "database.mark") if not line.startswith("no longer")]) == 1


async def test_a_database_that_is_gone_is_told_once(
    sqlite_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="digest")
    settings = Settings(database=DatabaseSettings(url=sqlite_url), newsletters=(daily(),))
    async with open_tools(settings) as tools:
        async with delivering(tools):
            file = Path(tools.db.name)
            file.rename(tmp_path / "elsewhere.db")
            await until(lambda: tools.notices.current)
            await asyncio.sleep(0.3)
            assert len(lines(caplog, "was moved to")) == 1
            (tmp_path / "elsewhere.db").rename(file)
            await until(lambda: not tools.notices.current)
    assert lines(caplog, "was moved to")[1].startswith("no longer so: ")
