"""What readers' choices mean for editions: sections, pauses, hours, mails of text only, and weekly round-ups."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import EditionStatus, Frequency
from digest.pipeline import publish, remake
from digest.pipeline.open_edition import open_edition
from digest.pipeline.set_mail import set_mail
from digest.pipeline.variants import prepare
from digest.store.editions import editions, lifecycle
from digest.store.editions.personal import variants
from digest.tools import Tools
from tests.helpers.choosing import (
    Mailboxes,
    choose,
    choosing_newsroom,
    publish_now,
    rows,
    slot_at,
    write,
)
from tests.helpers.ledger import NOW, add_readers
from tests.helpers.newsroom import Newsroom, daily

DAY = timedelta(days=1)
SUNDAY = datetime(2026, 3, 8, 6, 0, tzinfo=UTC)  # 07:00 in Berlin; `NOW` is a Monday
OF_DAYS = ("glacier", "regatta", "ministry", "velodrome", "treaty", "gymnast")


@pytest.fixture
def newsroom(db_url: str, tmp_path: Path) -> Newsroom:
    return choosing_newsroom(tmp_path, db_url)


@pytest.fixture
async def tools(newsroom: Newsroom) -> AsyncIterator[Tools]:
    write(newsroom, "World", "ferry")
    write(newsroom, "Sport", "match")
    async with newsroom.opened() as opened:
        yield opened


@pytest.fixture
def mailboxes(newsroom: Newsroom) -> Mailboxes:
    return Mailboxes(newsroom)


async def test_readers_get_the_sections_that_they_chose_and_equal_ones_share_a_rendering(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 6)
    await choose(tools.db, 2, sections=("World",))
    await choose(tools.db, 3, sections=("Arts", "World"))  # there is nothing in Arts today: the same edition
    await choose(tools.db, 4, sections=("Sport",))
    await choose(tools.db, 5, sections=("Sport", "World"))  # all that there is: the edition's own mail
    edition = await publish_now(newsroom, tools)
    assert {number: mailboxes.stories(number)[0] for number in range(1, 7)} == {
        1: {"ferry", "match"},
        2: {"ferry"},
        3: {"ferry"},
        4: {"match"},
        5: {"ferry", "match"},
        6: {"ferry", "match"},
    }
    found = await rows(tools.db, edition)
    assert [found[number][2] for number in (1, 5)] == [None, None]
    assert found[2][2] == found[3][2] != found[4][2]
    assert len(await variants.of_edition(tools.db, edition.id)) == 2


async def test_an_empty_selection_gets_no_mail_and_a_row_that_says_why(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 3)
    await choose(tools.db, 2, sections=("Arts",))
    await choose(tools.db, 3, sections=("Gardening",))  # a section of former times
    edition = await publish_now(newsroom, tools)
    assert edition.status is EditionStatus.SENT
    found = await rows(tools.db, edition)
    assert set(mailboxes.mails) == {1}
    assert found[2][:2] == (
        "skipped",
        "by the reader's choice: nothing new in the sections that the reader chose",
    )
    assert "none of the sections that the reader chose is left" in found[3][1]
    assert any("1 reader chose only sections that daily no longer has" in one for one in edition.problems)


async def test_a_paused_reader_gets_nothing_also_if_the_pause_came_after_the_opening(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 4)
    await choose(tools.db, 1, paused_until=NOW + 3 * DAY)
    await choose(tools.db, 2, paused_until=NOW - DAY)  # over
    edition, _ = await publish.make(daily(tools), slot_at(tools), tools)
    await choose(tools.db, 3, paused_until=NOW + DAY)
    await publish.deliver(tools, edition_id=edition.id)
    assert set(mailboxes.mails) == {2, 4}
    found = await rows(tools.db, edition)
    assert [found[number][:2] for number in (1, 3)] == 2 * [("skipped", "by the reader's choice: paused")]


async def test_who_chooses_between_planning_and_opening_gets_the_edition_itself(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 2)
    slot = slot_at(tools)
    await publish.fetch(daily(tools).sources, tools, urgent=True)
    plan = await publish.choose(daily(tools), slot, tools, tools.db)
    mail = await set_mail(plan, daily(tools), tools)
    prepared = await prepare(daily(tools), plan, tools)
    await choose(tools.db, 1, sections=("Sport",))
    await choose(tools.db, 2, paused_until=NOW + DAY)
    edition = await open_edition(daily(tools), plan, mail, tools, by_hand=False, variants=prepared)
    assert edition is not None
    await publish.deliver(tools, edition_id=edition.id)
    assert mailboxes.stories(1) == [{"ferry", "match"}]
    assert 2 not in mailboxes.mails


async def test_who_turns_to_weekly_while_the_round_up_is_made_gets_the_new_stories_alone(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 2)
    await publish_now(newsroom, tools)
    newsroom.clock.now = SUNDAY
    write(newsroom, "Arts", "orchestra")
    slot = slot_at(tools, SUNDAY)
    await publish.fetch(daily(tools).sources, tools, urgent=True)
    plan = await publish.choose(daily(tools), slot, tools, tools.db)
    mail = await set_mail(plan, daily(tools), tools)
    prepared = await prepare(daily(tools), plan, tools)
    await choose(tools.db, 1, frequency=Frequency.WEEKLY)
    edition = await open_edition(daily(tools), plan, mail, tools, by_hand=False, variants=prepared)
    assert edition is not None
    await publish.deliver(tools, edition_id=edition.id)
    assert mailboxes.stories(1) == [{"ferry", "match"}, {"orchestra"}]


async def test_text_only_is_one_part_and_the_same_message_id(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 2)
    await choose(tools.db, 1, text_only=True, sections=("World",))
    await publish_now(newsroom, tools)
    assert b"text/html" not in mailboxes.raw[1]
    assert b"Content-Type: text/plain;\r\n charset=utf-8\r\n" in mailboxes.raw[1]
    assert b"List-Unsubscribe-Post" in mailboxes.raw[1]
    assert b"multipart/alternative" in mailboxes.raw[2]
    assert mailboxes.stories(1) == [{"ferry"}]


async def test_a_readers_hour_makes_a_part_edition_that_the_service_sends(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 3)
    await choose(tools.db, 1, hour=20)  # in the newsletter's zone
    await choose(tools.db, 2, hour=7, timezone="America/New_York", sections=("World",))
    edition = await publish_now(newsroom, tools)
    assert edition.status is EditionStatus.SENDING
    assert set(mailboxes.mails) == {3}
    found = await rows(tools.db, edition)
    assert found[1][3] == datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
    assert found[2][3] == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert edition.deadline == datetime(2026, 3, 3, 19, 0, tzinfo=UTC)
    newsroom.clock.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    await publish.deliver(tools)
    assert set(mailboxes.mails) == {2, 3}
    newsroom.clock.now = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
    await publish.deliver(tools)
    assert {number: len(mails) for number, mails in mailboxes.mails.items()} == {1: 1, 2: 1, 3: 1}
    assert (await editions.by_name(tools.db, edition.name)).status is EditionStatus.SENT


async def test_an_hour_waits_for_the_canary_and_a_seed_does_not_wait_for_its_hour(
    tmp_path: Path, db_url: str
) -> None:
    newsroom = choosing_newsroom(
        tmp_path, db_url, canary="50%", canary_wait="2h", seeds=["reader1@example.org"]
    )
    write(newsroom, "World", "ferry")
    async with newsroom.opened() as tools:
        await add_readers(tools.db, 4)
        for number in range(1, 5):
            await choose(tools.db, number, hour=8)
        edition, _ = await publish.make(daily(tools), slot_at(tools), tools)
        found = await rows(tools.db, edition)
        assert found[1][3] == NOW
        assert all(found[number][3] >= NOW + timedelta(hours=2) for number in (2, 3, 4))  # type: ignore[operator]


async def test_a_week_is_rounded_up_once_and_nothing_comes_twice_on_switching(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 3)
    await choose(tools.db, 2, frequency=Frequency.WEEKLY)
    for day in range(6):
        write(newsroom, ("World", "Sport")[day % 2], OF_DAYS[day])
        await publish_now(newsroom, tools)
        if day == 2:
            await choose(tools.db, 3, frequency=Frequency.WEEKLY, sections=("World",))
        newsroom.clock.on(timedelta(hours=1))
    assert 2 not in mailboxes.mails
    write(newsroom, "Arts", "orchestra")
    edition = await publish_now(newsroom, tools)
    assert newsroom.clock() == SUNDAY
    everything = {"ferry", "match", "orchestra", *OF_DAYS}
    assert mailboxes.stories(2) == [everything]
    assert set.union(*mailboxes.stories(1)) == everything
    assert mailboxes.stories(3)[3:] == [
        {OF_DAYS[4]}
    ]  # Monday to Wednesday daily; of World, Friday's alone is new
    await choose(tools.db, 2, frequency=Frequency.EVERY_EDITION)
    newsroom.clock.on(timedelta(hours=1))
    write(newsroom, "World", "parliament")
    await publish_now(newsroom, tools)
    assert mailboxes.stories(2)[1:] == [{"parliament"}]
    again = await publish.publish(daily(tools), slot_at(tools, SUNDAY), tools)
    assert again.edition.id == edition.id
    assert len(mailboxes.mails[2]) == 2


async def test_a_round_up_goes_out_on_a_slot_that_has_nothing_new(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 4)
    await choose(tools.db, 2, frequency=Frequency.WEEKLY, hour=9)
    await choose(tools.db, 3, frequency=Frequency.WEEKLY, sections=("Arts",))
    await choose(tools.db, 4, frequency=Frequency.WEEKLY, paused_until=SUNDAY + DAY)
    await publish_now(newsroom, tools)
    newsroom.clock.now = SUNDAY
    published = await publish.publish(daily(tools), slot_at(tools, SUNDAY), tools)
    edition = published.edition
    found = await rows(tools.db, edition)
    assert {number: row[0] for number, row in found.items()} == {2: "queued", 3: "skipped", 4: "skipped"}
    assert edition.mail is not None
    assert "The ferry is back" in edition.mail.text
    newsroom.clock.now = SUNDAY + timedelta(hours=2)
    await publish.deliver(tools)
    assert mailboxes.stories(2) == [{"ferry", "match"}]
    assert len(mailboxes.mails[1]) == 1
    newsroom.clock.now = SUNDAY + 7 * DAY
    nothing, _ = await publish.make(daily(tools), slot_at(tools, SUNDAY + 7 * DAY), tools)
    assert nothing.status is EditionStatus.SKIPPED_EMPTY


async def test_a_remade_edition_has_its_readers_choices_too(
    newsroom: Newsroom, tools: Tools, mailboxes: Mailboxes
) -> None:
    await add_readers(tools.db, 3)
    await choose(tools.db, 2, sections=("Sport",))
    newsroom.clock.now = SUNDAY
    write(newsroom, "World", "ferry")
    write(newsroom, "Sport", "match")
    await choose(tools.db, 3, frequency=Frequency.WEEKLY)
    old, _ = await publish.make(daily(tools), slot_at(tools, SUNDAY), tools)
    await lifecycle.set_status(tools.db, old.name, "pause", newsroom.clock(), reason="wrong")
    new = await remake.remake(daily(tools), await editions.by_name(tools.db, old.name), tools)
    await publish.deliver(tools, edition_id=new.id)
    assert [mailboxes.stories(number) for number in (1, 2, 3)] == [
        [{"ferry", "match"}],
        [{"match"}],
        [{"ferry", "match"}],
    ]
