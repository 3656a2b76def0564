"""What an edition takes, in which order, and what it says about each article."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from digest.model import Candidate, LeftOut, Plan
from digest.schedule.slots import Slot
from digest.selection import select
from digest.settings import Newsletter
from tests.helpers.articles import HOUR, IMAGE, NOW, candidate, feed, newsletter

SLOT = Slot(NOW, "2026-03-02T07:00")


def plan(candidates: list[Candidate], paper: Newsletter | None = None, **keys: Any) -> Plan:
    return select(candidates, paper or newsletter(), slot=SLOT, now=NOW, **keys)


def chosen(made: Plan) -> list[list[int]]:
    """The ids of each section's articles."""
    return [[one.candidate.id for one in section.articles] for section in made.sections]


def left_out(made: Plan) -> dict[int, LeftOut]:
    return {one.candidate.id: one for one in made.left_out}


# --- the window -------------------------------------------------------------------------------------------


def test_an_article_older_than_max_age_is_left_out_for_good() -> None:
    made = plan([candidate(1, hours=36), candidate(2, hours=36.1)])
    assert chosen(made) == [[1]]
    assert left_out(made)[2].settled
    assert left_out(made)[2].why == "left out: older than 36h (published 36 h ago)"


def test_an_article_without_a_date_counts_from_when_it_was_first_seen() -> None:
    old = candidate(2, published=None, first_seen=NOW - 40 * HOUR)
    made = plan([candidate(1, published=None, first_seen=NOW - HOUR), old])
    assert chosen(made) == [[1]]
    assert "first seen 40 h ago" in left_out(made)[2].why
    assert "first seen 1 h ago" in made.chosen[0].why


def test_a_date_in_the_future_is_one_from_now() -> None:
    made = plan([candidate(1, hours=-24 * 365), candidate(2, hours=0, image=IMAGE)])
    assert chosen(made) == [[2, 1]]
    assert "first seen just now" in made.chosen[1].why


def test_of_a_source_seen_for_the_first_time_only_the_newest_are_taken() -> None:
    archive = [candidate(number, hours=number, first_contact=True) for number in range(1, 6)]
    made = plan([*archive, candidate(9, hours=9, source="b")], newsletter(first_contact=2))
    assert chosen(made) == [[1, 2, 9]]
    assert {one.settled for one in made.left_out} == {True}
    assert "first visit" in left_out(made)[3].why


def test_articles_of_a_source_without_a_section_are_left_out() -> None:
    assert "no section" in left_out(plan([candidate(1, source="z")]))[1].why


# --- held, gone, unstable ---------------------------------------------------------------------------------


def test_what_the_store_holds_waits_and_is_told_once_for_each_source() -> None:
    made = plan([candidate(number, held="new ids for old articles") for number in (1, 2)])
    assert [one.settled for one in made.left_out] == [False, False]
    assert made.problems == ("2 articles are held back at The A: new ids for old articles",)


def test_a_vanished_article_is_dropped_and_named() -> None:
    made = plan([candidate(1, "A story that was withdrawn", gone=True)])
    assert not left_out(made)[1].settled
    assert made.problems == ("“A story that was withdrawn” has vanished at The A and was dropped",)


def test_what_a_person_pins_is_not_held() -> None:
    held = [candidate(number, held="its archive, it seems") for number in (1, 2)]
    made = plan(held, newsletter(pins=(held[1].article.url,)))
    assert [one.candidate.id for one in made.chosen] == [2]


def test_an_old_article_is_settled_even_while_it_is_held_or_gone() -> None:
    made = plan([candidate(1, hours=99, gone=True), candidate(2, hours=99, held="x")])
    assert all(one.settled for one in made.left_out)
    assert not made.problems


@pytest.mark.parametrize(
    ("changed", "seen", "waits"),
    [(5, 20, True), (11, 20, False), (5, 61, False), (0, 0, True), (-5, 20, False)],
)
def test_an_article_waits_until_it_is_quiet_but_not_for_ever(changed: int, seen: int, waits: bool) -> None:
    minute = timedelta(minutes=1)
    article = candidate(1, first_seen=NOW - seen * minute, last_changed=NOW - changed * minute)
    made = plan([article], newsletter(quiet_time="10m", max_wait="1h"))
    assert (not made.chosen) == waits
    if waits:
        assert not left_out(made)[1].settled


# --- articles that were mailed before -------------------------------------------------------------------------


def mailed(days: float, *, changed: bool) -> Candidate:
    when = NOW - timedelta(days=days)
    return candidate(1, hours=24 * days + 1, mailed_at=when, last_changed=NOW - HOUR if changed else when)


@pytest.mark.parametrize(
    ("policy", "days", "changed", "again", "settled"),
    [
        ("ignore", 1, True, False, True),
        ("mark", 1, False, False, True),
        ("mark", 1, True, True, None),
        ("again", 1, True, False, False),
        ("again", 8, True, True, None),
        ("again", 8, False, False, True),
    ],
)
def test_a_mailed_story_runs_again_as_the_policy_says(
    policy: str, days: float, changed: bool, again: bool, settled: bool | None
) -> None:
    made = plan([mailed(days, changed=changed)], newsletter(updates=policy))
    assert bool(made.chosen) == again
    if again:
        assert made.chosen[0].updated
        assert made.chosen[0].why.startswith("updated since it was mailed")
    else:
        assert left_out(made)[1].settled == settled


def test_a_page_mailed_under_another_id_is_no_update() -> None:
    copy = candidate(1, hours=5, mailed_at=NOW - 8 * HOUR, first_seen=NOW - 5 * HOUR)
    made = plan([copy], newsletter(updates="mark"))
    assert left_out(made)[1].settled
    assert "its page was mailed before, 8 h ago" in left_out(made)[1].why


def test_what_was_mailed_from_one_source_is_not_new_in_another() -> None:
    earlier = candidate(1, "Parliament approves the new budget", hours=20, mailed_at=NOW - 10 * HOUR)
    made = plan([earlier, candidate(2, "Parliament approves the new budget", source="b")])
    assert left_out(made)[2].why == (
        "left out: the same story as “Parliament approves the new budget”, mailed 10 h ago"
    )


# --- the same story -------------------------------------------------------------------------------------------

TITLE = "Parliament approves the new budget"


def test_the_same_page_from_two_sources_is_one_story() -> None:
    made = plan(
        [candidate(1, url="https://x.example.org/1"), candidate(2, url="https://x.example.org/1", source="b")]
    )
    assert len(made.chosen) == 1
    assert made.chosen[0].also_in == ("The B",)
    assert "also in The B" in made.chosen[0].why


@pytest.mark.parametrize(
    ("first", "second", "leader", "reason"),
    [
        ({"hours": 3}, {"hours": 2}, 1, "which was earlier"),
        ({"hours": 3}, {"hours": 2, "dek": "More of it"}, 2, "which is more complete"),
        (
            {"hours": 3, "dek": "All of it", "image": IMAGE},
            {"hours": 2, "source": "c"},
            2,
            "a source with more weight",
        ),
    ],
)
def test_the_best_version_leads(
    first: dict[str, Any], second: dict[str, Any], leader: int, reason: str
) -> None:
    paper = newsletter({"title": "World", "sources": [feed("a"), feed("b"), feed("c", weight=2)]})
    made = plan([candidate(1, TITLE, **first), candidate(2, TITLE, **{"source": "b", **second})], paper)
    assert chosen(made) == [[leader]]
    assert left_out(made)[3 - leader].why.endswith(reason)


def test_a_second_version_of_another_version_joins_the_story() -> None:
    page = "https://b.example.org/page"
    made = plan(
        [
            candidate(1, TITLE, hours=5),
            candidate(2, TITLE, hours=4, source="b", url=page),
            candidate(3, "Quite another headline now", hours=3, source="c", url=page),
        ]
    )
    assert chosen(made) == [[1]]
    assert made.chosen[0].also_in == ("The B", "The C")


def test_one_sources_own_headline_may_come_again() -> None:
    briefing = "Your briefing for the morning"
    made = plan(
        [candidate(1, briefing, dek="Rain"), candidate(2, briefing, dek="Sun"), candidate(3, briefing)]
    )
    assert len(made.chosen) == 3


def test_one_sources_story_published_anew_is_told_once() -> None:
    made = plan(
        [
            candidate(1, TITLE, dek="With the votes of all", hours=9),
            candidate(2, TITLE, dek="With the votes of all"),
        ]
    )
    assert chosen(made) == [[1]]


# --- filters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "article", "objection"),
    [
        ({"exclude": {"categories": ["sport"]}}, {"section": "Sport"}, "World excludes the category 'sport'"),
        ({"exclude": {"categories": ["sport"]}}, {"tags": ("SPORT",)}, "World excludes the category 'sport'"),
        (
            {"exclude": {"words": ["cup final"]}},
            {"dek": "The Cup  Final"},
            "World excludes the word 'Cup  Final'",
        ),
        ({"exclude": {"words": ["cup"]}}, {"title": "Cupboards"}, ""),
        ({"exclude": {"words": ["東京"]}}, {"title": "今日の東京都"}, "World excludes the word '東京'"),
        (
            {"exclude": {"authors": ["Ana Roe"]}},
            {"byline": "By Ana Roe and others"},
            "World excludes the author",
        ),
        pytest.param(
            {"exclude": {"patterns": ["^live:"]}},
            {"title": "LIVE: the count"},
            "World excludes the pattern '^live:'",
            marks=pytest.mark.io,
        ),
        ({"include": {"words": ["budget"], "categories": ["x"]}}, {"title": "The budget"}, ""),
        (
            {"include": {"words": ["budget"]}},
            {"title": "The game"},
            "World takes only what has certain signs",
        ),
        pytest.param(
            {"include": {"patterns": [r"\d{4}"]}}, {"title": "Back in 1984"}, "", marks=pytest.mark.io
        ),
        ({"languages": ["en"]}, {"language": "en-GB"}, ""),
        ({"languages": ["en"]}, {"language": ""}, ""),
        ({"languages": ["en"]}, {"language": "eng"}, "World takes only articles in en, and this is in eng"),
        (
            {"min_length": 20},
            {"body": "<p>Short <b>text</b></p>"},
            "World takes only articles of 20 characters",
        ),
        ({"min_length": 20}, {"body": "<p>A text that is long enough</p>"}, ""),
        ({"min_length": 20}, {"dek": "A dek that is long enough"}, ""),
    ],
)
def test_a_section_takes_what_its_filters_let_through(
    filters: dict[str, Any], article: dict[str, Any], objection: str
) -> None:
    made = plan([candidate(1, **article)], newsletter({"title": "World", "sources": [feed("a")], **filters}))
    if objection:
        assert left_out(made)[1].why.startswith(f"left out: {objection}")
    else:
        assert chosen(made) == [[1]]


def test_a_source_has_filters_of_its_own_and_one_feed_may_serve_two_sections() -> None:
    sport = feed("a", name="The Paper", include={"categories": ["Sport"]})
    paper = newsletter(
        {"title": "Sport", "sources": [sport]},
        {"title": "World", "sources": [feed("a")], "exclude": {"words": ["gossip"]}},
    )
    made = plan([candidate(1, section="Sport"), candidate(2), candidate(3, "Mere gossip")], paper)
    assert chosen(made) == [[1], [2]]
    assert left_out(made)[3].why == (
        "left out: The Paper in Sport takes only what has certain signs, and it has none of them;"
        " World excludes the word 'gossip'"
    )


@pytest.mark.stress
def test_a_pattern_that_takes_too_long_is_left_aside_and_named() -> None:
    paper = newsletter(
        {"title": "World", "sources": [feed("a")], "exclude": {"patterns": ["(a+)+$", "zebra"]}}
    )
    made = plan([candidate(1, "a" * 60 + "!"), candidate(2, "A zebra")], paper)
    assert chosen(made) == [[1]]
    assert made.problems == (
        "the pattern '(a+)+$' takes too long to search for and is left aside: make it simpler",
    )


# --- sections, order and limits ------------------------------------------------------------------------------------


def test_the_first_section_that_takes_an_article_keeps_it_and_the_next_takes_what_is_left() -> None:
    paper = newsletter(
        {"title": "World", "max_articles": 1, "sources": [feed("a")]},
        {"title": "More", "max_articles": 1, "sources": [feed("a"), feed("b")]},
    )
    made = plan([candidate(number, hours=number) for number in (1, 2, 3)], paper)
    assert chosen(made) == [[1], [2]]
    assert left_out(made)[3].why.startswith(
        "left out: World takes 1 article, this ranked 3 of 3: it may run "
    )


def test_ranks_count_from_one_through_the_whole_edition() -> None:
    paper = newsletter({"title": "One", "sources": [feed("a")]}, {"title": "Two", "sources": [feed("b")]})
    made = plan([candidate(1, source="b"), candidate(2, hours=2), candidate(3, hours=3)], paper)
    assert [(one.candidate.id, one.rank) for one in made.chosen] == [(2, 1), (3, 2), (1, 3)]


def test_a_section_with_nothing_is_not_in_the_edition() -> None:
    paper = newsletter({"title": "One", "sources": [feed("a")]}, {"title": "Two", "sources": [feed("b")]})
    assert [section.title for section in plan([candidate(1, source="b")], paper).sections] == ["Two"]


def test_the_newsletters_limit_spares_the_best_of_each_section() -> None:
    paper = newsletter(
        {"title": "One", "sources": [feed("a")]}, {"title": "Two", "sources": [feed("b")]}, max_articles=3
    )
    made = plan([*(candidate(number) for number in (1, 2, 3)), candidate(9, hours=30, source="b")], paper)
    assert chosen(made) == [[1, 2], [9]]
    assert "the newsletter takes 3 articles" in left_out(made)[3].why


def test_weights_decide_the_order_and_are_told() -> None:
    sources = [feed("a"), feed("b", weight=3)]
    made = plan(
        [candidate(1, hours=0, dek="A dek"), candidate(2, hours=12, source="b")],
        newsletter({"title": "World", "sources": sources}),
    )
    assert chosen(made) == [[2, 1]]
    assert made.chosen[0].why.endswith("score 1.50 (published 12 h ago +0.50, its source +1.00)")
    assert made.chosen[1].why.endswith("score 1.05 (published just now +1.00, a dek +0.05)")


def test_no_more_than_the_spread_of_one_source_stand_in_a_row() -> None:
    many = [candidate(number, hours=number) for number in range(1, 6)]
    other = [candidate(number, hours=number, source="b") for number in (8, 9)]
    assert chosen(plan([*many, *other], newsletter(spread=2))) == [[1, 2, 8, 3, 4, 9, 5]]
    assert chosen(plan([*many, *other], newsletter(spread=0))) == [[1, 2, 3, 4, 5, 8, 9]]
    assert chosen(plan(many, newsletter(spread=2))) == [[1, 2, 3, 4, 5]]


def test_pins_come_first_whatever_their_age_and_blocks_never() -> None:
    pin, block = "https://a.example.org/9", "https://a.example.org/2"
    paper = newsletter(pins=[f"{pin}?utm_source=x"], blocks=[block])
    made = plan([candidate(1, image=IMAGE), candidate(2), candidate(9, hours=500)], paper)
    assert chosen(made) == [[9, 1]]
    assert "pinned" in made.chosen[0].why
    assert left_out(made)[2].why == "left out: the newsletter blocks its URL"
    assert not made.problems


def test_a_pin_without_effect_is_said() -> None:
    paper = newsletter(pins=["https://a.example.org/1", "https://a.example.org/404"])
    made = plan([candidate(1, mailed_at=NOW - HOUR)], paper)
    assert made.problems == (
        "the pinned https://a.example.org/1 is left out: mailed before, 1 h ago",
        "the pinned https://a.example.org/404 is not among the articles that its sources brought",
    )


# --- empty and small editions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "least", "skip"),
    [
        (0, 1, "nothing new since the last edition"),
        (1, 3, "only 1 new article, and min_articles is 3: they wait for the next edition"),
        (2, 3, "only 2 new articles, and min_articles is 3: they wait for the next edition"),
        (3, 3, ""),
        (0, 0, ""),
    ],
)
def test_an_edition_that_is_too_small_is_skipped_in_words(count: int, least: int, skip: str) -> None:
    made = plan([candidate(number) for number in range(count)], newsletter(min_articles=least))
    assert made.skip == skip
    assert len(made.chosen) == count


def test_problems_of_sources_are_passed_through() -> None:
    made = plan([candidate(1)], problems=["The B is silent"])
    assert made.problems == ("The B is silent",)
    assert (made.newsletter, made.slot, made.due) == ("daily", "2026-03-02T07:00", NOW)
