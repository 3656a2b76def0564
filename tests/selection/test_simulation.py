"""Editions of many days, the two nights included on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.model import Candidate
from digest.schedule.slots import slots_between
from digest.selection import simulate
from tests.helpers.articles import candidate, newsletter

BERLIN = "Europe/Berlin"


def hourly(start: datetime, hours: int) -> list[Candidate]:
    """One article an hour, all fetched long afterwards."""
    return [
        candidate(number, published=start + timedelta(hours=number), first_seen=start + timedelta(days=99))
        for number in range(hours)
    ]


def test_fourteen_days_across_the_autumn_night_mail_each_article_once() -> None:
    start = datetime(2026, 10, 18, 12, tzinfo=UTC)
    slots = slots_between("30 2 * * *", BERLIN, start, start + timedelta(days=14))
    paper = newsletter(
        {"title": "World", "max_articles": 50, "sources": [{"url": "https://a.example.org/feed"}]},
        max_articles=50,
    )
    plans = simulate(hourly(start, 24 * 14), paper, slots)
    assert [plan.slot for plan in plans] == [f"2026-10-{day:02}T02:30" for day in range(19, 32)] + [
        "2026-11-01T02:30"
    ]
    counts = [len(plan.chosen) for plan in plans]
    assert counts == [
        13,
        24,
        24,
        24,
        24,
        24,
        24,
        25,
        24,
        24,
        24,
        24,
        24,
        24,
    ]  # summer time ends on the 25th, after 2:30
    ids = [one.candidate.id for plan in plans for one in plan.chosen]
    assert sorted(ids) == list(range(len(ids)))


def test_the_spring_day_has_its_edition_and_an_hour_less() -> None:
    start = datetime(2026, 3, 27, 6, tzinfo=UTC)
    slots = slots_between("30 2 * * *", BERLIN, start, start + timedelta(days=3))
    paper = newsletter(
        {"title": "World", "max_articles": 50, "sources": [{"url": "https://a.example.org/feed"}]},
        max_articles=50,
    )
    plans = simulate(hourly(start, 72), paper, slots)
    assert [plan.slot for plan in plans] == ["2026-03-28T02:30", "2026-03-29T03:00", "2026-03-30T02:30"]
    assert [len(plan.chosen) for plan in plans][1:] == [24, 23]


def test_what_a_skipped_edition_had_rolls_over_to_the_next() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    slots = slots_between("0 7 * * *", "UTC", start, start + timedelta(days=3))
    two = [candidate(day, published=start + timedelta(days=day, hours=1)) for day in (0, 1)]
    plans = simulate(two, newsletter(min_articles=2, max_age="48h"), slots)
    assert [bool(plan.skip) for plan in plans] == [True, False, True]
    assert {one.candidate.id for one in plans[1].chosen} == {0, 1}
    assert plans[2].skip == "nothing new since the last edition"


def test_what_was_mailed_is_known_again_in_another_source() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    slots = slots_between("0 7 * * *", "UTC", start, start + timedelta(days=2))
    title = "Parliament approves the new budget"
    first = candidate(1, title, published=start + timedelta(hours=1))
    second = candidate(2, title, source="b", published=start + timedelta(hours=20))
    plans = simulate([first, second], newsletter(), slots)
    assert [[one.candidate.id for one in plan.chosen] for plan in plans] == [[1], []]
    assert any("the same story" in one.why for one in plans[1].left_out)


def test_the_future_has_no_articles_yet() -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    slots = slots_between("0 7 * * *", "UTC", start, start + timedelta(days=2))
    plans = simulate([candidate(1, published=start + timedelta(hours=1))], newsletter(), slots)
    assert [plan.skip for plan in plans] == ["", "nothing new since the last edition"]
