"""How long schedules pause, and how old a story may be so that none falls between two editions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from digest.schedule.gaps import SLACK, longest_gap
from digest.schedule.slots import slots_between
from digest.settings import Newsletter
from tests.helpers.articles import newsletter

HOURS = timedelta(hours=1)


@pytest.mark.parametrize(
    ("cron", "hours"),
    [
        ("0 7 * * *", 24),
        ("0 7 * * mon-fri", 72),
        ("0 7 * * fri-mon", 96),
        ("0 7 * * tue,sat", 96),
        ("0 9 * * mon", 7 * 24),
        ("0 9 1 * *", 31 * 24),
        ("0 9 last * *", 31 * 24),
        ("0 9 31 * *", 61 * 24),
        ("0 7 1-7 * mon", 35 * 24),
        ("0 7 13 * fri", 427 * 24),
        ("30 6 1 1 *", 366 * 24),
        ("0 0 29 2 *", 1461 * 24),
        ("0 7 * 1-6 *", 185 * 24),
        ("0 7,12,18 * * *", 13),
        ("0 7-19/3 * * mon-fri", 60),
        ("*/20 * * * *", 1 / 3),
    ],
)
def test_the_longest_gap_of_a_schedule(cron: str, hours: float) -> None:
    assert longest_gap(cron) == hours * HOURS


@pytest.mark.parametrize("cron", ["0 7 * * *", "15 6,18 * * mon-fri", "0 9 1,15 * *", "30 2 * * sat,sun"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
def test_real_slots_are_never_further_apart_than_the_slack_allows(cron: str, zone: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    slots = slots_between(cron, zone, start, start + timedelta(days=400))
    gaps = [after.due - before.due for before, after in pairwise(slots)]
    assert longest_gap(cron) - HOURS <= max(gaps) <= longest_gap(cron) + HOURS
    assert HOURS < SLACK


def test_a_story_may_be_as_old_as_the_longest_gap_and_half_a_day() -> None:
    assert newsletter().max_age == 36 * HOURS
    assert newsletter(schedule="0 7 * * mon-fri").max_age == 84 * HOURS
    assert newsletter(schedule="0 9 1 * *").max_age == (31 * 24 + 12) * HOURS
    assert newsletter(schedule="0 9 1 * *", max_age="2d").max_age == 48 * HOURS


def test_a_wrong_schedule_is_told_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="schedule") as raised:
        Newsletter.model_validate({"name": "x", "title": "X", "from": "x@example.org", "schedule": "daily"})
    assert "1 validation error" in str(raised.value)
