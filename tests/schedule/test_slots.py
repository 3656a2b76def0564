"""Slots: their names, their moments, and the two nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.schedule.slots import Slot, latest_slot, next_slots, parse_cron, slots_between

BERLIN = "Europe/Berlin"
CRONS = (
    "0 7 * * mon-fri",
    "30 2 * * *",
    "*/20 * * * *",
    "0 7 1-7 * mon",
    "0 7 last * *",
    "15 9 * * sat-mon",
    "0 0 1 1 *",
)
ZONES = (BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def texts(slots: list[Slot]) -> list[str]:
    return [slot.text for slot in slots]


def test_a_slot_is_named_by_its_wall_time_and_due_at_its_moment() -> None:
    assert latest_slot("0 7 * * mon-fri", BERLIN, utc(2026, 3, 2, 6, 30)) == Slot(
        utc(2026, 3, 2, 6), "2026-03-02T07:00"
    )


def test_a_slot_is_due_from_its_very_moment_on() -> None:
    moment = utc(2026, 3, 2, 6)
    before = latest_slot("0 7 * * *", BERLIN, moment - timedelta(microseconds=1))
    at = latest_slot("0 7 * * *", BERLIN, moment)
    assert before is not None
    assert at is not None
    assert (before.text, at.text) == ("2026-03-01T07:00", "2026-03-02T07:00")
    assert texts(next_slots("0 7 * * *", BERLIN, moment, 1)) == ["2026-03-03T07:00"]


def test_over_a_weekend_fridays_slot_is_the_latest() -> None:
    latest = latest_slot("0 7 * * mon-fri", BERLIN, utc(2026, 3, 8, 20))
    assert latest is not None
    assert latest.text == "2026-03-06T07:00"


@pytest.mark.parametrize("minutes", range(0, 240, 10))
def test_the_autumn_hour_has_one_slot(minutes: int) -> None:
    now = utc(2026, 10, 24, 23, 0) + timedelta(minutes=minutes)
    latest = latest_slot("30 2 * * *", BERLIN, now)
    assert latest is not None
    assert latest.text == ("2026-10-25T02:30" if now >= utc(2026, 10, 25, 0, 30) else "2026-10-24T02:30")


def test_a_dense_schedule_rests_while_the_autumn_hour_comes_again() -> None:
    slots = slots_between("*/30 * * * *", BERLIN, utc(2026, 10, 25, 0), utc(2026, 10, 25, 2, 30))
    assert slots == [
        Slot(utc(2026, 10, 25, 0, 0), "2026-10-25T02:00"),
        Slot(utc(2026, 10, 25, 0, 30), "2026-10-25T02:30"),
        Slot(utc(2026, 10, 25, 2, 0), "2026-10-25T03:00"),
    ]


def test_a_slot_in_the_spring_gap_moves_to_its_end() -> None:
    gap = Slot(utc(2026, 3, 29, 1), "2026-03-29T03:00")
    assert latest_slot("30 2 * * *", BERLIN, utc(2026, 3, 29, 5)) == gap
    assert next_slots("30 2 * * *", BERLIN, utc(2026, 3, 29, 0, 59), 1) == [gap]
    assert slots_between("30 2 * * *", BERLIN, gap.due, utc(2026, 3, 29, 12)) == [gap]


def test_slots_that_meet_at_the_end_of_the_gap_are_one() -> None:
    slots = slots_between("*/20 * * * *", BERLIN, utc(2026, 3, 29, 0, 40), utc(2026, 3, 29, 1, 40))
    assert texts(slots) == ["2026-03-29T01:40", "2026-03-29T03:00", "2026-03-29T03:20"]


def test_rare_and_dense_schedules_find_their_latest_slot() -> None:
    now = utc(2026, 11, 23, 6, 32)
    found = {
        cron: latest_slot(cron, "UTC", now)
        for cron in ("* * * * *", "*/5 * * * *", "0 0 29 2 *", "0 0 29 2 mon")
    }
    assert {cron: slot and slot.text for cron, slot in found.items()} == {
        "* * * * *": "2026-11-23T06:32",
        "*/5 * * * *": "2026-11-23T06:30",
        "0 0 29 2 *": "2024-02-29T00:00",
        "0 0 29 2 mon": "2016-02-29T00:00",
    }


def test_a_range_of_weekdays_may_pass_the_end_of_the_week() -> None:
    slots = next_slots("0 9 * * sat-mon", "UTC", utc(2026, 3, 4), 4)
    assert [slot.due.strftime("%a") for slot in slots] == ["Sat", "Sun", "Mon", "Sat"]


def test_a_day_and_a_weekday_must_both_hold() -> None:
    slots = next_slots("0 7 1-7 * monday", "UTC", utc(2026, 3, 3), 2)
    assert texts(slots) == ["2026-04-06T07:00", "2026-05-04T07:00"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("@daily", 'write "0 0 * * *"'),
        ("@sometimes", '"0 7 * * mon-fri"'),
        ("7", 'write "0 7 * * *"'),
        ("07:30", 'write "30 7 * * *"'),
        ("", '"0 7 * * mon-fri"'),
        ("0 7 * *", '"0 7 * * mon-fri"'),
        ("0 0 7 * * mon", "seconds and years cannot be given"),
        ("0 7 * * 1", '"mon-fri"'),
        ("0 7 * * 1-5", '"mon-fri"'),
        ("0 7 * * mon#2", '"mon-fri"'),
        ("0 7 * * mon-wed-fri", '"mon-fri"'),
        ("61 7 * * *", "write 0-59"),
        ("*/0 7 * * *", "write 0-59"),
        ("0 25 * * *", "write 0-23"),
        ("0 7 ? * *", "write 1-31"),
        ("0 7 * foo *", "jan-dec"),
        ("0 0 31 2 *", "never comes"),
        ("0 0 30 feb *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
    ],
)
def test_a_wrong_schedule_is_refused_with_the_way_out(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse_cron(text)
    assert advice in str(refused.value)


moments = st.integers(0, 3 * 365 * 86400).map(lambda seconds: utc(2025, 1, 1) + timedelta(seconds=seconds))


@given(cron=st.sampled_from(CRONS), zone=st.sampled_from(ZONES), now=moments)
def test_the_latest_slot_is_past_and_the_next_are_to_come(cron: str, zone: str, now: datetime) -> None:
    latest, coming = latest_slot(cron, zone, now), next_slots(cron, zone, now, 3)
    assert latest is not None
    assert latest.due <= now < coming[0].due
    assert all(
        earlier.due < later.due and earlier.text < later.text
        for earlier, later in pairwise([latest, *coming])
    )


@given(cron=st.sampled_from(CRONS), zone=st.sampled_from(ZONES), now=moments)
def test_between_two_slots_there_is_none(cron: str, zone: str, now: datetime) -> None:
    first, second = next_slots(cron, zone, now, 2)
    assert latest_slot(cron, zone, first.due) == first
    assert latest_slot(cron, zone, second.due - timedelta(microseconds=1)) == first
    assert slots_between(cron, zone, first.due, second.due) == [first]


@given(start=moments, days=st.integers(0, 40))
def test_a_daily_schedule_has_one_slot_for_each_date(start: datetime, days: int) -> None:
    start = start.replace(hour=12)
    slots = slots_between("30 2 * * *", BERLIN, start, start + timedelta(days=days))
    assert len({slot.text[:10] for slot in slots}) == len(slots) == days
