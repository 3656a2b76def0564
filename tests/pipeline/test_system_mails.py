"""Mails to single readers: each goes out once, in the order of asking, and waits where no sender takes it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from digest.app import open_tools
from digest.clock import utc_now
from digest.edition.system import Occasion
from digest.pipeline.system_mails import WORTH_SENDING_FOR, send_due
from digest.settings import DatabaseSettings, Newsletter, SenderSettings, Settings, Site
from digest.store.db.database import Database
from digest.store.db.schema.people import system_mail
from digest.store.people import suppressions, system_mails
from digest.store.people.system_mails import MailState
from digest.tools import Tools
from tests.helpers.ledger import add_readers, address
from tests.helpers.smtp_server import ScriptedServer, Serve


class Clock:
    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(url: str, server: ScriptedServer, clock: Clock, **sender: object) -> AsyncIterator[Tools]:
    smtp = {"kind": "smtp", "host": server.host, "port": server.port, "security": "none", **sender}
    settings = Settings(
        site=Site(name="The Paper", url="https://news.example.org"),
        database=DatabaseSettings(url=url),
        senders=(SenderSettings.model_validate(smtp),),
        newsletters=(Newsletter(name="daily", title="The Daily", **{"from": "Daily <d@news.example.org>"}),),
    )
    async with open_tools(settings, clock=clock) as tools:
        await add_readers(tools.db, 3)
        yield tools


async def ask(db: Database, now: datetime, number: int, occasion: Occasion = Occasion.CONFIRM) -> int:
    async with db.begin() as conn:
        return await system_mails.queue(conn, occasion, now, newsletter="daily", subscription_id=number)


async def states(db: Database) -> Mapping[int, tuple[str, int]]:
    async with db.connect() as conn:
        rows = await conn.execute(select(system_mail).order_by(system_mail.c.id))
        return {row.id: (row.state, row.attempts) for row in rows}


async def test_a_confirmation_goes_to_its_reader_with_the_link_and_belongs_to_no_list(
    db_url: str, scripted: Serve
) -> None:
    server, clock = await scripted(), Clock()
    async with opened(db_url, server, clock) as tools:
        await ask(tools.db, clock.now, 2)
        assert (await send_due(tools)).sent == 1
        assert (await send_due(tools)).sent == 0
        [mail] = server.received
        assert mail.recipient == address(2)
        assert mail.message["Auto-Submitted"] == "auto-generated"
        assert not {"List-Unsubscribe", "List-Id", "Precedence"} & set(mail.message.keys())
        text = mail.message.get_body(("plain",))
        assert text
        found = re.search(r"https://news\.example\.org/c/(\S+)", text.get_content())
        assert found
        assert tools.links.read(found[1], "confirm") == 2


async def test_one_that_was_interrupted_is_sent_again_as_the_same_mail(db_url: str, scripted: Serve) -> None:
    server, clock = await scripted(script={"quit": "drop"}), Clock()
    async with opened(db_url, server, clock) as tools:
        id_ = await ask(tools.db, clock.now, 1)
        taken = await system_mails.take_next(tools.db, clock.now)
        assert taken
        assert (await states(tools.db))[id_] == (MailState.SENDING, 1)
        assert (await send_due(tools)).sent == 1
        assert (await states(tools.db))[id_] == (MailState.SENT, 2)


async def test_while_the_sender_is_broken_all_wait_and_it_is_asked_once(db_url: str, scripted: Serve) -> None:
    server, clock = await scripted(script={"auth": "535 5.7.8 no"}, offers=["AUTH PLAIN"]), Clock()
    async with opened(db_url, server, clock, username="us", password="wrong") as tools:
        for number in (1, 2, 3):
            await ask(tools.db, clock.now, number)
        done = await send_due(tools)
        assert done.sent == 0
        assert "535" in done.problems[0]
        assert await send_due(tools) == type(done)()
        assert server.connections == 1
        assert set((await states(tools.db)).values()) == {(MailState.QUEUED, 0)}


async def test_who_was_suppressed_or_forgotten_meanwhile_gets_nothing(db_url: str, scripted: Serve) -> None:
    server, clock = await scripted(), Clock()
    async with opened(db_url, server, clock) as tools:
        for number in (1, 2, 3):
            await ask(tools.db, clock.now, number)
        await suppressions.suppress(tools.db, [address(1)], "complaint", clock.now)
        await suppressions.forget(tools.db, address(2), clock.now)
        assert (await send_due(tools)).sent == 1
        assert [mail.recipient for mail in server.received] == [address(3)]
        assert [state for state, _ in (await states(tools.db)).values()] == [MailState.FAILED, MailState.SENT]


@pytest.mark.parametrize(
    ("reply", "later", "expected"),
    [
        ("550 5.1.1 no such user", timedelta(), MailState.FAILED),
        ("451 4.2.0 try later", timedelta(), MailState.QUEUED),
        ("451 4.2.0 try later", WORTH_SENDING_FOR + timedelta(hours=1), MailState.FAILED),
    ],
)
async def test_a_readers_own_trouble_is_tried_later_for_a_day(
    sqlite_url: str, scripted: Serve, reply: str, later: timedelta, expected: MailState
) -> None:
    server, clock = await scripted(script={"rcpt": reply}), Clock()
    async with opened(sqlite_url, server, clock) as tools:
        id_ = await ask(tools.db, clock.now, 1)
        clock.now += later
        await send_due(tools)
        assert (await states(tools.db))[id_] == (expected, 1)
        assert not await system_mails.is_any_due(tools.db, clock.now)
