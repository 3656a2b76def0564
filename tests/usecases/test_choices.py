"""What readers' choices come to, told beforehand and afterwards: previews, simulations, counts and reasons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import Frequency
from digest.pipeline import publish
from digest.store.editions.depth import depth
from digest.tools import Tools
from digest.usecases import explain
from digest.usecases.editions import previews, sending, status
from digest.usecases.editions.send_results import Unfinished
from tests.helpers.choosing import Mailboxes, choose, choosing_newsroom, publish_now, slot_at, write
from tests.helpers.ledger import NOW, add_readers, address
from tests.helpers.newsroom import Newsroom, contents, daily

SUNDAY = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)


@pytest.fixture
def newsroom(sqlite_url: str, tmp_path: Path) -> Newsroom:
    return choosing_newsroom(tmp_path, sqlite_url)


@pytest.fixture
async def tools(newsroom: Newsroom) -> AsyncIterator[Tools]:
    write(newsroom, "World", "ferry")
    write(newsroom, "Sport", "match")
    async with newsroom.opened() as opened:
        await add_readers(opened.db, 4)
        yield opened


async def previewed(tools: Tools, number: int) -> previews.Preview:
    reader = await previews.reader_of(tools, "daily", address(number))
    return await previews.preview(tools, "daily", reader=reader)


async def test_a_preview_as_a_reader_is_what_that_reader_gets(newsroom: Newsroom, tools: Tools) -> None:
    mailboxes = Mailboxes(newsroom)
    await choose(tools.db, 2, sections=("Sport",), text_only=True)
    await choose(tools.db, 3, paused_until=NOW + timedelta(days=2))
    await choose(tools.db, 4, frequency=Frequency.WEEKLY)
    before = await contents(tools.db)
    shown = await previewed(tools, 2)
    assert shown.shown is not None
    reader = await previews.reader_of(tools, "daily", address(2))
    copy = previews.copy(tools, shown.shown, reader)
    assert copy.html == ""
    assert "The match is back" in copy.text
    assert "ferry" not in copy.text
    assert (
        await previewed(tools, 3)
    ).coming.plan.skip == "the reader has paused it until 2026-03-04 06:00 UTC"
    assert "one round-up a week" in (await previewed(tools, 4)).coming.plan.skip
    assert await contents(tools.db) == before
    await publish_now(newsroom, tools)
    assert mailboxes.stories(2) == [{"match"}]
    newsroom.clock.now = SUNDAY
    week = await previewed(tools, 4)
    assert week.shown is not None
    assert {one.candidate.article.title for one in week.shown.plan.chosen} == {
        "The ferry is back",
        "The match is back",
    }
    newest = (await previewed(tools, 2)).shown
    assert newest is not None
    assert newest.mail is not None
    assert "ferry" not in newest.mail.text
    await publish_now(newsroom, tools)
    assert mailboxes.stories(4) == [{"ferry", "match"}]


async def test_a_dry_run_counts_those_who_would_get_a_mail(tools: Tools) -> None:
    await choose(tools.db, 2, sections=("Arts",))
    await choose(tools.db, 3, paused_until=NOW + timedelta(days=2))
    dry = await sending.dry_run(tools, daily(tools), slot_at(tools))
    assert dry.recipients == 2
    await choose(tools.db, 4, frequency=Frequency.WEEKLY)
    assert (await sending.dry_run(tools, daily(tools), slot_at(tools))).recipients == 1


async def test_a_simulation_as_a_reader_follows_the_week(newsroom: Newsroom, tools: Tools) -> None:
    await choose(tools.db, 4, frequency=Frequency.WEEKLY, sections=("World",))
    reader = await previews.reader_of(tools, "daily", address(4))
    plans = await previews.simulate(tools, "daily", days=8, reader=reader)
    titles = [[one.candidate.article.title for one in plan.chosen] for plan in plans]
    assert titles == [[], [], [], [], [], [], ["The ferry is back"], []]
    assert await previews.simulate(tools, "daily", days=1) != plans[:1]


async def test_who_waits_for_an_hour_is_told_and_left_to_the_service(
    newsroom: Newsroom, tools: Tools
) -> None:
    await choose(tools.db, 1, hour=20)
    await choose(tools.db, 2, hour=12)
    sent = await sending.send(tools, daily(tools), slot_at(tools))
    assert sent.waiting_for_hour == 2
    assert sent.unfinished == frozenset({Unfinished.OPEN})
    assert sent.as_json()["waiting_for_hour"] == 2
    shown = await status.details(tools, sent.published.edition.name)
    assert shown.waiting_for_hour == 2
    assert shown.missed == []
    assert (await depth(tools.db, NOW + timedelta(hours=4)))["daily"].oldest is None  # nothing is late
    noon = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    assert (await depth(tools.db, noon + timedelta(minutes=5)))["daily"].oldest == noon
    report = await publish.deliver(tools)
    assert report.handled == 0
    assert report.problems == ()


async def test_why_reader_says_what_was_chosen_and_what_that_left_out(
    newsroom: Newsroom, tools: Tools
) -> None:
    await choose(tools.db, 1, sections=("Sport",), hour=20, timezone="Asia/Tokyo")
    await choose(tools.db, 2, sections=("Arts",))
    edition = await publish_now(newsroom, tools)
    known = await explain.reader(tools, address(1), edition.name)
    (got,) = known.received
    assert (got.sections, got.left_out) == (("Sport",), ("The ferry is back",))
    assert got.not_before == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
    assert (known.subscriptions[0].hour, known.timezone) == (20, "Asia/Tokyo")
    (empty,) = (await explain.reader(tools, address(2))).received
    assert empty.words == "by the reader's choice: nothing new in the sections that the reader chose"
    assert (await status.details(tools, edition.name)).missed == []
