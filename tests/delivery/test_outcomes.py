"""What becomes of a delivery after an attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import outcomes as retry
from digest.delivery.outcomes import Pause, Rules, cause, decide
from digest.model import Deferred, Delivery, Outcome, Recipient, Refused, Sent, State, Unknown, Unsent
from tests.helpers.ledger import NOW

READER = Recipient(reader_id=1, subscription_id=1, address="reader1@example.org")


def attempt(number: int = 1, *, fence: int | None = None, doubted: bool = False) -> Delivery:
    return Delivery(
        id=1, edition_id=1, recipient=READER, attempts=number, fence=fence or number, doubted=doubted
    )


@pytest.mark.parametrize(
    ("code", "reply", "pause"),
    [
        (451, "451 4.7.1 Greylisted, please try again in 5 minutes", retry.GREYLISTED),
        (450, "450 4.2.0 grey-listing in action", retry.GREYLISTED),
        (421, "421 too many connections", retry.THROTTLED),
        (429, "rate limit", retry.THROTTLED),
        (451, "451 4.7.28 unusual rate of mail", retry.THROTTLED),
        (452, "452 4.2.2 mailbox full", retry.MAILBOX_FULL),
        (450, "450 4.2.2 over quota", retry.MAILBOX_FULL),
        (451, "451 4.4.3 temporary DNS failure", retry.ROUTING),
        (451, "451 local error", retry.OTHERWISE),
    ],
)
def test_a_pause_follows_its_cause(code: int, reply: str, pause: Pause) -> None:
    assert cause(code, reply) is pause


def test_pauses_grow_and_are_spread() -> None:
    pause = Pause(60, 300, 7200)
    assert [pause.seconds(tries, 1.0) for tries in (1, 2, 3, 9)] == [360, 660, 1260, 7260]
    assert pause.seconds(3, 0.0) == 60


def test_sent_and_refused_are_final() -> None:
    sent = decide(Sent("250 ok", "Q1"), attempt(), Rules(), now=NOW, chance=0.5)
    assert (sent.state, sent.reply, sent.remote_id, sent.not_before) == (State.SENT, "250 ok", "Q1", None)
    hard = decide(Refused("550 5.1.1", 550, hard=True), attempt(), Rules(), now=NOW, chance=0.5)
    assert (hard.state, hard.code, hard.reason) == (State.REFUSED, 550, "this address takes no mail")


def test_not_now_is_tried_until_the_attempts_are_used_up() -> None:
    rules = Rules(attempts=3)
    later = decide(Deferred("451 later", 451), attempt(2), rules, now=NOW, chance=0.5)
    assert later.state is State.DEFERRED
    assert later.not_before is not None
    assert later.not_before > NOW + timedelta(minutes=1)
    last = decide(Deferred("451 later", 451), attempt(3), rules, now=NOW, chance=0.5)
    assert (last.state, last.reason, last.not_before) == (State.REFUSED, "given up after 3 attempts", None)


def test_the_other_sides_own_time_is_kept() -> None:
    result = decide(Deferred("429", 429, retry_after=30), attempt(), Rules(), now=NOW, chance=0.0)
    assert result.not_before == NOW + timedelta(seconds=30)


def test_nothing_is_planned_beyond_the_deadline() -> None:
    rules = Rules(deadline=NOW + timedelta(minutes=3))
    result = decide(Deferred("450 greylisted", 450), attempt(), rules, now=NOW, chance=0.5)
    assert (result.state, result.not_before) == (State.REFUSED, None)
    assert "deadline" in result.reason


def test_a_lost_connection_never_counts_against_the_reader() -> None:
    result = decide(Unsent("connection reset"), attempt(9, fence=9), Rules(attempts=3), now=NOW, chance=1.0)
    assert (result.state, result.counted) == (State.QUEUED, False)
    assert result.not_before == NOW + timedelta(seconds=1)
    often = decide(Unsent("connection reset"), attempt(1, fence=30), Rules(), now=NOW, chance=1.0)
    assert often.not_before == NOW + timedelta(seconds=300)


def test_a_doubt_allows_one_more_attempt_or_none() -> None:
    lost = Unknown("the connection was lost behind the last byte")
    first = decide(lost, attempt(), Rules(), now=NOW, chance=0.5)
    assert (first.state, first.doubted) == (State.QUEUED, True)
    second = decide(lost, attempt(2, doubted=True), Rules(), now=NOW, chance=0.5)
    assert (second.state, second.doubted) == (State.UNKNOWN, True)
    held = decide(lost, attempt(), Rules(resend=False), now=NOW, chance=0.5)
    assert (held.state, held.doubted) == (State.UNKNOWN, True)


outcomes = st.one_of(
    st.builds(Sent),
    st.builds(Deferred, st.text(), st.integers(400, 499), st.none() | st.floats(0, 1e6)),
    st.builds(Refused, st.text(), st.integers(500, 599), st.booleans()),
    st.builds(Unknown, st.text()),
    st.builds(Unsent, st.text()),
)


@given(outcome=outcomes, number=st.integers(1, 50), doubted=st.booleans(), chance=st.floats(0, 1))
def test_a_further_attempt_is_planned_exactly_while_the_row_is_open(
    outcome: Outcome, number: int, doubted: bool, chance: float
) -> None:
    result = decide(outcome, attempt(number, doubted=doubted), Rules(attempts=8), now=NOW, chance=chance)
    still_open = result.state in (State.QUEUED, State.DEFERRED)
    assert (result.not_before is not None) == still_open
    assert result.not_before is None or result.not_before >= NOW
    assert not (isinstance(outcome, Unknown) and doubted and still_open)
