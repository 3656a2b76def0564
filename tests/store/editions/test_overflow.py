"""What did not fit, as the store remembers it: carried stories come back, listed ones count as mailed."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.model import EditionStatus, Plan
from digest.settings import Newsletter
from digest.store.content import candidates
from digest.store.db.database import Database
from digest.store.editions import decisions, editions, plans
from tests.helpers.articles import feed, key, newsletter
from tests.helpers.ledger import MAIL, NOW, add_readers
from tests.helpers.stories import add_stories, plan

DAY = timedelta(days=1)


async def an_edition(db: Database, paper: Newsletter, now: datetime) -> Plan:
    made = plan(await candidates.load(db, paper, now), paper, now)
    assert await editions.open(db, made, MAIL, now)
    return made


def titles(made: Plan) -> list[str]:
    return [one.candidate.article.title for one in made.chosen]


async def test_what_is_carried_comes_back_with_word_of_it(db: Database) -> None:
    await add_readers(db, 1)
    await add_stories(db, key("a"), 5, at=NOW - timedelta(hours=1))
    paper = newsletter(max_articles=2, max_age="9d")
    first = await an_edition(db, paper, NOW)
    assert titles(first) == ["Story 1", "Story 2"]
    edition = await editions.by_name(db, "daily-2026-03-02T0600")
    assert await decisions.did_not_fit(db, edition.id) == {"carry": 3}
    second = await an_edition(db, paper, NOW + DAY)
    assert titles(second) == ["Story 3", "Story 4"]
    assert {one.candidate.passed_over for one in second.chosen} == {1}
    third = await an_edition(db, paper, NOW + 2 * DAY)
    assert titles(third) == ["Story 5"]
    assert third.chosen[0].candidate.passed_over == 2
    assert await an_edition(db, paper, NOW + 3 * DAY)
    assert not titles(await an_edition(db, paper, NOW + 4 * DAY))


async def test_what_a_skipped_edition_could_not_take_was_not_passed_over(db: Database) -> None:
    await add_stories(db, key("a"), 5, at=NOW - timedelta(hours=1))
    paper = newsletter(max_articles=2, min_articles=3)
    made = plan(await candidates.load(db, paper, NOW), paper, NOW)
    assert await editions.skip(db, made, EditionStatus.SKIPPED_EMPTY, made.skip, NOW)
    assert {one.passed_over for one in await candidates.load(db, paper, NOW)} == {0}


async def test_another_newsletter_knows_nothing_of_it(db: Database) -> None:
    await add_readers(db, 1)
    await add_stories(db, key("a"), 5, at=NOW - timedelta(hours=1))
    await an_edition(db, newsletter(max_articles=2), NOW)
    assert {one.passed_over for one in await candidates.load(db, newsletter(name="weekly"), NOW)} == {0}


async def test_what_is_listed_is_mailed(db: Database) -> None:
    await add_readers(db, 1)
    await add_stories(db, key("a"), 5, at=NOW - timedelta(hours=1), title="The council votes on {}")
    paper = newsletter({"title": "World", "sources": [feed("a"), feed("b")]}, max_articles=2, overflow="list")
    first = await an_edition(db, paper, NOW)
    assert len(first.listed) == 3
    await add_stories(
        db, key("b"), 5, at=NOW + timedelta(hours=1), title="The council votes on {}", first=100
    )
    second = await an_edition(db, paper, NOW + DAY)
    assert not second.chosen
    assert not second.listed
    whys = {left.candidate.article.title: left.why for left in second.left_out}
    assert "mailed before" in whys["The council votes on 5"] or "same story" in whys["The council votes on 5"]


async def test_a_double_is_known_for_as_long_as_it_might_be_taken(db: Database) -> None:
    await add_readers(db, 1)
    title = "Parliament approves the new budget {}"
    await add_stories(db, key("a"), 1, at=NOW - timedelta(hours=1), title=title)
    paper = newsletter(schedule="0 7 * * mon")
    assert len((await an_edition(db, paper, NOW)).chosen) == 1
    await add_stories(db, key("b"), 1, at=NOW + DAY, title=title, first=100)
    assert not (await an_edition(db, paper, NOW + 7 * DAY)).chosen


async def test_the_plan_of_an_edition_that_was_made_has_what_it_listed(db: Database) -> None:
    await add_readers(db, 1)
    await add_stories(db, key("a"), 5, at=NOW - timedelta(hours=1))
    paper = newsletter(max_articles=2, overflow="list")
    await an_edition(db, paper, NOW)
    edition = await editions.by_name(db, "daily-2026-03-02T0600")
    [section] = (await plans.of_edition(db, edition, paper)).sections
    assert [one.candidate.article.title for one in section.articles] == ["Story 1", "Story 2"]
    assert [one.candidate.article.title for one in section.listed] == ["Story 3", "Story 4", "Story 5"]
    assert [one.rank for one in section.listed] == [3, 4, 5]
