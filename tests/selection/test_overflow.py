"""What does not fit: carried over, listed, or dropped, and what a carried story may and may not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.model import Candidate, Plan
from digest.schedule.slots import Slot, slots_between
from digest.selection import select, simulate
from digest.selection.sections import MAX_LISTED
from digest.settings import Newsletter
from tests.helpers.articles import IMAGE, NOW, candidate, feed, newsletter

SLOT = Slot(NOW, "2026-03-02T07:00")
START = datetime(2026, 3, 2, tzinfo=UTC)


def plan(candidates: list[Candidate], paper: Newsletter) -> Plan:
    return select(candidates, paper, slot=SLOT, now=NOW)


def ids(made: Plan) -> list[int]:
    return [one.candidate.id for one in made.chosen]


def days(count: int, paper: Newsletter, stories: list[Candidate]) -> list[Plan]:
    slots = slots_between(paper.schedule, paper.timezone, START, START + timedelta(days=count))
    return simulate(stories, paper, slots)


def stories(count: int, day: int = 0, first: int = 0, **keys: Any) -> list[Candidate]:
    """So many stories of the hours before a day's edition, the first one newest."""
    newest = START + timedelta(days=day, hours=6)
    return [
        candidate(first + number, published=newest - timedelta(minutes=number), **keys)
        for number in range(count)
    ]


# --- limits -----------------------------------------------------------------------------------------------------


def test_a_section_without_a_limit_takes_what_its_newsletter_takes() -> None:
    made = plan([candidate(number) for number in range(30)], newsletter(max_articles=25))
    assert len(made.chosen) == 25
    assert made.did_not_fit == {"carry": 5}
    assert "the newsletter" not in made.left_out[0].why
    assert "World takes 25 articles, this ranked 26 of 30: it may run next time" in made.left_out[0].why


def test_sections_without_limits_share_what_the_newsletter_takes_by_rank() -> None:
    paper = newsletter(
        {"title": "One", "sources": [feed("a")]}, {"title": "Two", "sources": [feed("b")]}, max_articles=4
    )
    old = [candidate(number, hours=9 + number) for number in range(5)]
    new = [candidate(10 + number, hours=number, source="b") for number in range(5)]
    assert ids(plan(old + new, paper)) == [0, 10, 11, 12]


# --- carry --------------------------------------------------------------------------------------------------------


def test_what_is_carried_runs_next_time_and_once_only() -> None:
    paper = newsletter(max_articles=8, max_age="4d")
    plans = days(4, paper, stories(25))
    assert [ids(made) for made in plans] == [
        list(range(8)),
        list(range(8, 16)),
        list(range(16, 24)),
        [24],
    ]
    assert [made.did_not_fit for made in plans] == [{"carry": 17}, {"carry": 9}, {"carry": 1}, {}]
    assert plans[1].chosen[0].why.startswith("did not fit before; ranked 1 of 17 in World: score ")
    assert "did not fit before -0.50" in plans[1].chosen[0].why


def test_what_is_carried_ends_when_it_is_too_old() -> None:
    plans = days(3, newsletter(max_articles=8), stories(25))
    assert [len(made.chosen) for made in plans] == [8, 8, 0]
    left_out = [left for left in plans[2].left_out if not left.candidate.mailed_at]
    assert len(left_out) == 9
    assert all("older than 36h" in left.why and left.settled for left in left_out)


@pytest.mark.parametrize("weight", [1.0, 1.9])
def test_news_comes_before_what_is_carried(weight: float) -> None:
    heavy = {"title": "World", "sources": [feed("a", weight=weight), feed("b")]}
    paper = newsletter(heavy, max_articles=5, max_age="9d", spread=0)
    first = stories(12, image=IMAGE, dek="A dek")
    second = stories(4, day=1, first=100, source="b")
    assert ids(days(2, paper, first + second)[1])[:4] == [100, 101, 102, 103]


def test_even_a_heavy_source_cannot_crowd_out_news_for_ever() -> None:
    paper = newsletter(
        {"title": "World", "sources": [feed("a", weight=4), feed("b")]}, max_articles=5, max_age="30d"
    )
    flood = stories(100)
    news = [one for day in range(1, 9) for one in stories(5, day=day, first=100 * day, source="b")]
    plans = days(9, paper, flood + news)
    assert all(one.candidate.id < 100 for one in plans[1].chosen)
    last = [one.candidate.id for made in plans[5:] for one in made.chosen]
    assert all(number >= 100 for number in last)


def test_a_double_of_a_mailed_story_does_not_come_back_however_long_the_gap() -> None:
    title = "Parliament approves the new budget"
    paper = newsletter(schedule="0 7 * * mon", max_articles=3)
    first = candidate(1, title, published=START + timedelta(hours=1))
    late = candidate(2, title, source="b", published=START + timedelta(days=1))
    plans = days(8, paper, [first, late])
    assert [ids(made) for made in plans] == [[1], []]
    assert "the same story" in plans[1].left_out[-1].why or "the same story" in plans[1].left_out[0].why


def test_a_carried_story_that_has_become_another_ones_double_is_told_once() -> None:
    title = "Parliament approves the new budget"
    paper = newsletter(max_articles=2, max_age="3d")
    first = [*stories(3), replace(candidate(3, title, published=START), id=3)]
    second = [candidate(9, title, source="b", published=START + timedelta(days=1))]
    plans = days(3, paper, first + second)
    told = [one.candidate.article.title for made in plans for one in made.chosen]
    assert told.count(title) == 1


def test_the_other_versions_of_a_carried_story_wait_with_it() -> None:
    title = "Parliament approves the new budget"
    both = [candidate(1, title, hours=9, dek="All of it"), candidate(2, title, hours=8, source="b")]
    paper = newsletter(max_articles=1)
    made = plan([candidate(9), *both], paper)
    settled = {one.candidate.id: one.settled for one in made.left_out}
    assert settled == {1: False, 2: False}
    gone = replace(both[0], gone=True, passed_over=1)
    assert ids(plan([gone, both[1]], paper)) == [2]
    together = plan([replace(both[0], passed_over=1), both[1]], paper)
    assert (ids(together), together.chosen[0].also_in) == ([1], ("The B",))
    assert [one.settled for one in together.left_out] == [True]


def test_a_skipped_edition_passes_nobody_over() -> None:
    paper = newsletter(max_articles=2, min_articles=3)
    made = plan([candidate(number) for number in range(9)], paper)
    assert made.skip


# --- list and drop ------------------------------------------------------------------------------------------------


def test_what_is_listed_counts_as_mailed_and_is_ranked_after_all_articles() -> None:
    paper = newsletter(
        {"title": "One", "max_articles": 2, "sources": [feed("a")]},
        {"title": "Two", "sources": [feed("b")]},
        overflow="list",
    )
    made = plan([*(candidate(number) for number in range(5)), candidate(9, source="b")], paper)
    assert [[one.candidate.id for one in section.listed] for section in made.sections] == [[2, 3, 4], []]
    assert [one.rank for one in made.listed] == [4, 5, 6]
    assert made.listed[0].why.startswith("its headline is listed: One takes 2 articles, this ranked 3 of 5; ")
    assert made.did_not_fit == {"list": 3}
    assert not made.left_out
    later = days(2, newsletter(max_articles=2, overflow="list"), stories(5))
    assert [len(one.chosen) + len(one.listed) for one in later] == [5, 0]


def test_a_section_has_an_overflow_of_its_own() -> None:
    paper = newsletter(
        {"title": "One", "max_articles": 1, "overflow": "drop", "sources": [feed("a")]},
        {"title": "Two", "max_articles": 1, "sources": [feed("b")]},
        overflow="list",
    )
    made = plan([candidate(number, source=source) for number, source in enumerate("aabb")], paper)
    assert made.did_not_fit == {"drop": 1, "list": 1}
    [dropped] = made.left_out
    assert dropped.settled
    assert "what does not fit is dropped" in dropped.why


def test_a_list_has_an_end_and_the_rest_is_carried() -> None:
    made = plan([candidate(number) for number in range(50)], newsletter(max_articles=5, overflow="list"))
    assert made.did_not_fit == {"list": MAX_LISTED, "carry": 45 - MAX_LISTED}


def test_a_story_that_two_sections_want_is_listed_once() -> None:
    one = {"max_articles": 1, "sources": [feed("a")]}
    made = plan(
        [candidate(number) for number in range(4)],
        newsletter({"title": "One", **one}, {"title": "Two", **one}, overflow="list"),
    )
    assert sorted(one.candidate.id for one in (*made.chosen, *made.listed)) == [0, 1, 2, 3]
