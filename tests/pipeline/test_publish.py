"""The whole way: an edition is made once and reaches each reader once, whoever calls, how often, and what fails."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from digest.errors import SenderBroken
from digest.model import EditionStatus, Message, Outcome, State
from digest.pipeline import publish
from digest.schedule.slots import Slot
from digest.store.editions import editions, lifecycle
from digest.tools import Tools
from tests.helpers.ledger import add_readers, address
from tests.helpers.newsroom import SLOT, Newsroom, daily


async def test_an_edition_reaches_each_reader_once_however_often_it_is_published(
    newsroom: Newsroom, tools: Tools
) -> None:
    await add_readers(tools.db, 3)
    first = await publish.publish(daily(tools), SLOT, tools)
    again = await publish.publish(daily(tools), SLOT, tools)
    assert (first.edition.status, first.tally[State.SENT], first.delivered) == (EditionStatus.SENT, 3, True)
    assert (again.edition.id, again.delivered) == (first.edition.id, False)
    assert sorted(newsroom.sender.sent) == [address(1), address(2), address(3)]


async def test_processes_that_publish_at_once_make_one_edition_and_share_its_readers(
    newsroom: Newsroom, tools: Tools
) -> None:
    await add_readers(tools.db, 20)
    async with newsroom.opened() as other, newsroom.opened() as third:
        published = await asyncio.gather(
            *(publish.publish(daily(one), SLOT, one) for one in (tools, other, third))
        )
    assert len({one.edition.id for one in published}) == 1
    assert len(await editions.list_(tools.db)) == 1
    assert sorted(newsroom.sender.sent) == sorted(address(number) for number in range(1, 21))


async def test_an_edition_with_the_same_stories_is_not_made_the_next_day(
    newsroom: Newsroom, tools: Tools
) -> None:
    await add_readers(tools.db, 1)
    await publish.publish(daily(tools), SLOT, tools)
    newsroom.clock.on(timedelta(days=1))
    tomorrow = Slot(SLOT.due + timedelta(days=1), "2026-03-03T07:00")
    published = await publish.publish(daily(tools), tomorrow, tools)
    assert published.edition.status is EditionStatus.SKIPPED_EMPTY
    assert newsroom.sender.sent == [address(1)]


async def test_a_slot_that_is_too_late_is_skipped_unless_an_editor_wants_it(
    newsroom: Newsroom, tools: Tools
) -> None:
    await add_readers(tools.db, 1)
    newsroom.clock.on(timedelta(hours=20))
    late = await publish.publish(daily(tools), SLOT, tools)
    assert late.edition.status is EditionStatus.SKIPPED_LATE
    assert "max_lateness" in late.edition.reason
    assert newsroom.sender.sent == []
    assert (
        await publish.publish(daily(tools), SLOT, tools, by_hand=True)
    ).edition.status is EditionStatus.SENT
    assert newsroom.sender.sent == [address(1)]


async def test_a_slot_without_stories_is_skipped_and_can_be_tried_again(newsroom: Newsroom) -> None:
    async with newsroom.opened() as tools:
        await add_readers(tools.db, 1)
        empty = await publish.publish(daily(tools), SLOT, tools)
        assert (empty.edition.status, empty.edition.reason) == (EditionStatus.SKIPPED_EMPTY, "nothing new")
        newsroom.write("ferry")
        assert not (await publish.publish(daily(tools), SLOT, tools)).delivered
        tried = await publish.publish(daily(tools), SLOT, tools, by_hand=True)
        assert tried.edition.status is EditionStatus.SENT


async def test_a_source_that_fails_is_told_and_stops_nothing(newsroom: Newsroom) -> None:
    newsroom.sources.append({"kind": "folder", "path": "/nowhere/at/all"})
    newsroom.write("ferry")
    async with newsroom.opened() as tools:
        await add_readers(tools.db, 1)
        published = await publish.publish(daily(tools), SLOT, tools)
        assert published.edition.status is EditionStatus.SENT
        assert any("/nowhere/at/all" in problem for problem in published.edition.problems)


async def test_without_a_source_that_can_be_read_the_reason_names_them(newsroom: Newsroom) -> None:
    newsroom.sources = [{"kind": "folder", "path": "/nowhere/at/all"}]
    async with newsroom.opened() as tools:
        await add_readers(tools.db, 1)
        published = await publish.publish(daily(tools), SLOT, tools)
        assert published.edition.status is EditionStatus.SKIPPED_EMPTY
        assert "no source could be read: /nowhere/at/all" in published.edition.reason


async def test_a_broken_sender_is_told_and_the_edition_waits_for_it(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 2)

    def broken(message: Message) -> Outcome:
        raise SenderBroken("the key is not valid")

    works, newsroom.sender.answer = newsroom.sender.answer, broken
    stop = asyncio.Event()

    async def publish_until_told() -> publish.Published:
        running = asyncio.create_task(publish.publish(daily(tools), SLOT, tools, stop=stop))
        while not newsroom.sender.calls and not running.done():
            await asyncio.sleep(0.01)
        stop.set()
        return await running

    published = await publish_until_told()
    assert published.edition.status is EditionStatus.SENDING
    assert published.tally.open == 2
    assert any("the key is not valid" in problem for problem in published.problems)
    newsroom.sender.answer = works
    newsroom.clock.on(timedelta(hours=1))
    published = await publish.publish(daily(tools), SLOT, tools)
    assert (published.tally[State.SENT], sorted(newsroom.sender.sent)) == (2, [address(1), address(2)])


async def test_a_paused_edition_is_left_alone(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 1)
    edition, made = await publish.make(daily(tools), SLOT, tools)
    assert made
    await lifecycle.set_status(tools.db, edition.name, "pause", newsroom.clock())
    published = await publish.publish(daily(tools), SLOT, tools)
    assert (published.edition.status, published.delivered) == (EditionStatus.PAUSED, False)
    assert newsroom.sender.sent == []
