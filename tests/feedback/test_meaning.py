"""What a report means for its reader, whoever sent it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feedback import Consequence, SoftBounce, is_spent, meaning
from digest.model import Event, EventType

TODAY = date(2026, 3, 2)


def event(type_: EventType, text: str = "", *, code: int = 0, lasting: bool | None = None) -> Event:
    return Event(key="1", type=type_, address="ada@example.org", text=text, code=code, lasting=lasting)


@pytest.mark.parametrize(
    ("text", "code", "lasting", "expected"),
    [
        ("550 5.1.1 User unknown", 550, True, Consequence.SUPPRESSED),
        ("550 5.1.1 User unknown", 550, None, Consequence.SUPPRESSED),
        ("", 0, True, Consequence.SUPPRESSED),  # a provider that says no more than "permanent"
        ("", 0, False, Consequence.COUNTED),
        ("452 4.2.2 Mailbox full", 452, False, Consequence.COUNTED),
        (
            "552 5.2.2 Mailbox full",
            552,
            True,
            Consequence.COUNTED,
        ),  # "permanent" is the code, not the mailbox
        ("550 5.7.26 This mail is unauthenticated", 550, True, Consequence.OURS),
        ("550 5.7.1 Message blocked due to spam content", 550, True, Consequence.OURS),
        ("554 Your IP address is listed by zen.spamhaus.org", 554, True, Consequence.OURS),
        ("552 5.3.4 Message size exceeds fixed limit", 552, True, Consequence.NOTHING),
        ("421 4.7.0 Try again later", 421, False, Consequence.OURS),
    ],
)
def test_a_bounce_is_judged_by_its_words(
    text: str, code: int, lasting: bool | None, expected: Consequence
) -> None:
    assert meaning(event(EventType.BOUNCED, text, code=code, lasting=lasting)).consequence is expected


def test_what_was_never_tried_is_not_counted() -> None:
    assert meaning(event(EventType.REJECTED)).consequence is Consequence.NOTHING
    known_bad = event(EventType.REJECTED, "550 5.1.1 no such user", code=550)
    assert meaning(known_bad).consequence is Consequence.SUPPRESSED


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (EventType.COMPLAINED, Consequence.COMPLAINED),
        (EventType.UNSUBSCRIBED, Consequence.LEFT),
        *((type_, Consequence.NOTHING) for type_ in (EventType.DELIVERED, EventType.OPENED, EventType.OTHER)),
        (EventType.DEFERRED, Consequence.NOTHING),
    ],
)
def test_other_reports_mean_what_they_say(type_: EventType, expected: Consequence) -> None:
    assert meaning(event(type_, "550 5.1.1 user unknown", code=550)).consequence is expected


def bounces(*days_ago: int) -> list[SoftBounce]:
    return [SoftBounce(TODAY - timedelta(days=days), edition_id=days) for days in days_ago]


def test_five_days_over_three_editions_are_enough() -> None:
    assert is_spent(bounces(0, 1, 2, 3, 4), TODAY)
    assert not is_spent(bounces(0, 1, 2, 3), TODAY)
    assert not is_spent(bounces(0, 1, 2, 3, 30), TODAY)
    two_editions = [SoftBounce(TODAY - timedelta(days=days), edition_id=days % 2) for days in range(6)]
    assert not is_spent(two_editions, TODAY)


def test_a_mail_that_arrived_takes_one_back() -> None:
    arrived = [TODAY - timedelta(days=1)]
    assert not is_spent(bounces(0, 2, 4, 6, 8), TODAY, delivered=arrived)
    assert is_spent(bounces(0, 2, 4, 6, 8, 10), TODAY, delivered=arrived)
    before = [TODAY - timedelta(days=20)]
    assert is_spent(bounces(0, 2, 4, 6, 8), TODAY, delivered=before)


@given(st.lists(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_a_reader_is_never_given_up_for_fewer_than_five_bad_days(bad: list[int], good: list[int]) -> None:
    delivered = [TODAY - timedelta(days=days) for days in good]
    if is_spent(bounces(*bad), TODAY, delivered=delivered):
        assert len({days for days in bad if days < 30}) >= 5
