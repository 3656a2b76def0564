"""Reports that came back change what their reader gets, once, and touch no other reader."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from digest.app import open_tools
from digest.message import message_id
from digest.model import Event, EventType, State
from digest.pipeline import feedback
from digest.settings import DatabaseSettings, Settings
from digest.store.db.schema.tables import delivery, subscription, suppression
from digest.store.editions import editions
from digest.store.feedback import events
from digest.store.people import suppressions
from digest.tools import Tools
from tests.helpers.ledger import MAIL, NOW, a_plan, add_readers, address

DEAD = "550 5.1.1 The email account does not exist"


class Clock:
    def __init__(self) -> None:
        self.now = NOW + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None) -> AsyncIterator[Tools]:
    """Give tools with three readers who were sent an edition, under remote ids r1, r2 and r3."""
    async with open_tools(Settings(database=DatabaseSettings(url=url)), clock=clock or Clock()) as tools:
        await add_readers(tools.db, 3)
        await sent_edition(tools, "2026-03-02T07:00", NOW)
        yield tools


async def sent_edition(tools: Tools, slot: str, at: datetime) -> str:
    edition = await editions.open(tools.db, a_plan(slot=slot), MAIL, at)
    assert edition
    async with tools.db.begin() as conn:
        here = delivery.c.edition_id == edition.id
        await conn.execute(update(delivery).where(here).values(state=State.SENT, at=at))
        for number in (1, 2, 3):
            one = update(delivery).where(here, delivery.c.reader_id == number)
            await conn.execute(one.values(remote_id=f"{slot}/r{number}"))
    return edition.name


async def report(tools: Tools, *given: Event) -> list[str]:
    """Store and process reports; return what each did, in their order."""
    await events.store(tools.db, "mailer", given, tools.clock())
    await feedback.process(tools)
    done = await events.list_(tools.db, limit=1000)
    effects = {one.event.key: one.effect for one in done}
    return [effects[one.key] for one in given]


async def suppressed(tools: Tools) -> set[str]:
    async with tools.db.connect() as conn:
        return set(await conn.scalars(select(suppression.c.key)))


async def statuses(tools: Tools, number: int) -> set[str]:
    async with tools.db.connect() as conn:
        query = select(subscription.c.status).where(subscription.c.reader_id == number)
        return set(await conn.scalars(query))


def bounce(key: str, number: int = 1, text: str = DEAD, **more: object) -> Event:
    values = {
        "key": key,
        "type": EventType.BOUNCED,
        "address": address(number),
        "text": text,
        "lasting": True,
    }
    return Event(**(values | more))  # type: ignore[arg-type]


async def test_a_dead_mailbox_is_suppressed_and_a_repeated_report_changes_nothing(db_url: str) -> None:
    async with opened(db_url) as tools:
        assert await report(tools, bounce("a")) == ["suppressed"]
        assert await events.store(tools.db, "mailer", [bounce("a", 2)], tools.clock()) == 0
        assert (await feedback.process(tools)).events == 0
        assert await suppressed(tools) == {address(1)}


async def test_a_complaint_ends_every_subscription(db_url: str) -> None:
    async with opened(db_url) as tools:
        await add_readers(tools.db, 1, newsletter="weekly")
        complaint = Event(key="c", type=EventType.COMPLAINED, remote_id="2026-03-02T07:00/r1")
        assert await report(tools, complaint) == ["unsubscribed from everything, and suppressed for good"]
        assert await statuses(tools, 1) == {"unsubscribed"}
        assert await suppressed(tools) == {address(1)}
        late = Event(key="d", type=EventType.DELIVERED, address=address(1))
        assert await report(tools, late) == ["noted"]
        assert await suppressed(tools) == {address(1)}


async def test_who_leaves_through_the_mail_service_leaves_that_newsletter(db_url: str) -> None:
    async with opened(db_url) as tools:
        await add_readers(tools.db, 1, newsletter="weekly")
        left = Event(key="u", type=EventType.UNSUBSCRIBED, address=address(1))
        assert await report(tools, left) == ["unsubscribed from daily"]
        assert await statuses(tools, 1) == {"unsubscribed", "confirmed"}


async def test_what_is_about_us_touches_no_reader_and_is_told(db_url: str) -> None:
    async with opened(db_url) as tools:
        ours = bounce("o", text=f"550 5.7.26 unauthenticated mail for <{address(1)}> is not accepted")
        await events.store(tools.db, "mailer", [ours], tools.clock())
        done = await feedback.process(tools)
        assert "5.7.26" in done.ours[0]
        assert address(1) not in done.ours[0]
        assert await suppressed(tools) == set()


async def test_soft_bounces_suppress_after_five_days_over_three_editions(db_url: str) -> None:
    clock = Clock()
    async with opened(db_url, clock) as tools:
        effects: list[str] = []
        for day in range(5):
            slot = f"2026-03-{10 + day}T07:00"
            clock.now = NOW + timedelta(days=8 + day)
            await sent_edition(tools, slot, clock.now)
            full: dict[str, Any] = {"text": "452 4.2.2 mailbox full", "lasting": False, "at": clock.now}
            for again in ("", "-again"):
                soft = bounce(f"{day}{again}", remote_id=f"{slot}/r1", **full)
                effects += await report(tools, soft)
        assert [effect.partition(":")[0] for effect in effects[:-2]] == ["counted"] * 8
        assert effects[-2:] == ["suppressed", "was suppressed already"]
        assert await suppressed(tools) == {address(1)}
        assert await suppressions.release(tools.db, address(1))
        [effect] = await report(tools, bounce("later", remote_id=f"{slot}/r1", **full))
        assert effect.startswith("counted: mails came back on 1 ")


async def test_our_own_name_of_a_mail_finds_its_reader_also_after_a_long_time(db_url: str) -> None:
    clock = Clock()
    async with opened(db_url, clock) as tools:
        name = (await editions.list_(tools.db))[0].name
        clock.now = NOW + timedelta(days=60)
        ours = message_id(name, 2, "news.example.org")
        assert await report(tools, bounce("m", 2, message_id=ours)) == ["suppressed"]
        forged = ours.replace(".", ".0", 1)
        assert await report(tools, bounce("n", 3, message_id=forged)) != ["suppressed"]
        assert await suppressed(tools) == {address(2)}


@pytest.mark.parametrize("text", ["stranger@example.org", "not an address", "", "a\x00b@example.org"])
async def test_a_report_that_fits_no_mail_of_ours_touches_no_reader(sqlite_url: str, text: str) -> None:
    async with opened(sqlite_url) as tools:
        [effect] = await report(tools, bounce("s", address=text))
        assert "nobody is touched" in effect
        assert await suppressed(tools) == set()


async def test_a_reader_who_was_not_mailed_lately_is_not_found_by_the_address_alone(db_url: str) -> None:
    clock = Clock()
    async with opened(db_url, clock) as tools:
        clock.now = NOW + timedelta(days=15)
        assert await report(tools, bounce("old")) != ["suppressed"]
        async with tools.db.begin() as conn:
            await conn.execute(insert(delivery).values(_row(5, edition_id=99)))
        assert await report(tools, bounce("none", 3)) != ["suppressed"]


def _row(id_: int, *, edition_id: int) -> dict[str, object]:
    ids = {"id": id_, "edition_id": edition_id, "reader_id": 3, "subscription_id": 3}
    return {**ids, "state": State.SENT, "at": NOW}
