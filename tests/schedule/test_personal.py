"""A reader's own hour over both clock changes, and the last slot of the week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.schedule.personal import is_last_of_week, next_hour, week_of
from digest.schedule.slots import Slot, slots_between

BERLIN = "Europe/Berlin"


class Daily(NamedTuple):
    schedule: str
    timezone: str = BERLIN
    max_lateness: timedelta = timedelta(hours=3)


@pytest.mark.parametrize(
    ("hour", "start", "expected"),
    [
        (7, "2026-03-02T06:00", "2026-03-02T06:00"),  # the slot itself
        (6, "2026-03-02T06:00", "2026-03-03T05:00"),  # it was an hour ago
        (2, "2026-03-28T06:00", "2026-03-29T01:00"),  # spring leaves 02:00 out: the end of the gap, 03:00
        (2, "2026-10-24T06:00", "2026-10-25T00:00"),  # autumn has 02:00 twice: the first
        (2, "2026-10-25T00:30", "2026-10-26T01:00"),  # between the two: not once more on this day
    ],
)
def test_an_hour_is_the_next_one_that_clocks_show(hour: int, start: str, expected: str) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert next_hour(hour, BERLIN, begin) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(
    st.integers(0, 23),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]),
    st.integers(0, 18 * 365 * 24 * 60).map(
        lambda minutes: datetime(2011, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
def test_every_hour_comes_within_two_days_and_as_clocks_show_it(
    hour: int, zone: str, start: datetime
) -> None:
    moment = next_hour(hour, zone, start)
    assert start <= moment <= start + timedelta(hours=50)
    wall = moment.astimezone(ZoneInfo(zone))
    before = (moment - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
    skipped = before.replace(tzinfo=None) + timedelta(minutes=1) != wall.replace(tzinfo=None)
    assert (wall.hour, wall.minute) == (hour, 0) or skipped


@pytest.mark.parametrize(
    ("schedule", "last_day", "weekday"),
    [
        ("0 7 * * *", "sun", 6),
        ("0 7 * * mon-fri", "sun", 4),  # the last slot up to that day
        ("0 7 * * mon-fri", "wed", 2),
        ("0 7,18 * * *", "sat", 5),
    ],
)
def test_each_week_has_one_last_slot(schedule: str, last_day: str, weekday: int) -> None:
    start = datetime(2026, 1, 4, 23, tzinfo=UTC)  # the night before a Monday
    slots = slots_between(schedule, BERLIN, start, start + timedelta(weeks=52))
    last = [slot for slot in slots if is_last_of_week(Daily(schedule), slot, last_day)]
    assert len(last) == 52
    assert {date.fromisoformat(slot.text[:10]).weekday() for slot in last} == {weekday}
    assert len({week_of(slot, last_day) for slot in last}) == 52


def test_of_a_monthly_newsletter_every_slot_is_the_last_of_its_week() -> None:
    slot = Slot(datetime(2026, 3, 1, 6, tzinfo=UTC), "2026-03-01T07:00")
    assert is_last_of_week(Daily("0 7 1 * *"), slot, "sun")
