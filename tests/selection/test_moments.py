"""Which moment an article's news is from: days, dates ahead, and dates that are orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.model import Plan
from digest.schedule.slots import Slot
from digest.selection import select
from tests.helpers.articles import HOUR, NOW, candidate, newsletter

DAY = datetime(2026, 3, 1, tzinfo=UTC)  # the day before NOW, in UTC


def plan(*candidates: Any, at: datetime = NOW, **keys: Any) -> Plan:
    return select(candidates, newsletter(**keys), slot=Slot(at, "2026-03-02T07:00"), now=at)


def taken(made: Plan) -> list[int]:
    return sorted(one.candidate.id for one in made.chosen)


def why(made: Plan) -> str:
    (left,) = made.left_out
    return left.why


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_a_day_is_as_old_as_its_end_where_the_newsletter_is_made(zone: str) -> None:
    edition = datetime(2026, 3, 2, 7, tzinfo=UTC)
    of_the_day = candidate(1, published=DAY, day_only=True, first_seen=edition - HOUR)
    before = candidate(2, published=DAY - 3 * timedelta(days=1), day_only=True, first_seen=edition - HOUR)
    made = plan(of_the_day, before, at=edition, timezone=zone)
    assert taken(made) == [1]
    assert why(made) == "left out: older than 36h (dated 2026-02-26)"


def test_a_day_counts_no_later_than_it_was_seen() -> None:
    seen = candidate(1, published=DAY, day_only=True, first_seen=DAY + HOUR)
    (entry,) = plan(seen, timezone="America/Los_Angeles").chosen
    assert entry.candidate.out_at(UTC) == DAY + HOUR
    old = candidate(2, published=NOW + 300 * HOUR, first_seen=NOW - 40 * HOUR)
    assert why(plan(old)) == "left out: older than 36h (first seen 40 h ago)"


def test_a_story_of_ours_waits_for_its_date_and_is_news_then() -> None:
    ordered = candidate(1, published=NOW + 3 * HOUR, first_seen=NOW - 400 * HOUR, scheduled=True)
    made = plan(ordered)
    assert why(made) == "waits: it is to be published on 2026-03-02 at 09:00"
    assert not made.left_out[0].settled
    assert taken(plan(ordered, at=NOW + 4 * HOUR)) == [1]
    assert taken(plan(ordered, pins=[ordered.article.url])) == []


def test_a_day_that_is_an_order_begins_where_the_newsletter_is_made() -> None:
    ordered = candidate(1, published=DAY, first_seen=DAY - 99 * HOUR, scheduled=True, day_only=True)
    for hours, out in ((7, False), (9, True)):  # midnight in Los Angeles is 08:00 in UTC
        made = plan(ordered, at=DAY + hours * HOUR, timezone="America/Los_Angeles")
        assert taken(made) == [1] * out


def test_what_has_expired_is_over() -> None:
    over = candidate(1, expires=NOW)
    assert why(plan(over)) == "left out: it has expired on 2026-03-02 at 06:00"
    assert taken(plan(candidate(1, expires=NOW + HOUR))) == [1]


def test_articles_at_a_shared_or_at_no_address_are_several() -> None:
    def at(number: int, url: str, **more: Any) -> Any:
        return candidate(number, f"Wholly{number} Other{number} Words{number}", url=url, **more)

    shared = [at(number, "https://a.example.org/", shares_page=True) for number in (1, 2)]
    nowhere = [at(number, " ") for number in (3, 4)]
    same = [at(number, "https://a.example.org/page") for number in (5, 6)]
    made = plan(*shared, *nowhere, *same)
    assert [number for number in taken(made) if number < 5] == [1, 2, 3, 4]
    assert len(taken(made)) == 5
