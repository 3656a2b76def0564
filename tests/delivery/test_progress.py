"""How fast the work goes, as whoever watches is told."""

from __future__ import annotations

import pytest

from digest.delivery.progress import Meter


def paced(rate: int, seconds: float, *, burst: int) -> list[float]:
    """Return the pace at every turn of a sender that begins with a burst and keeps to its rate."""
    meter, paces, answers = Meter(shown=False), [], 0
    for turn in range(int(seconds / 0.05)):
        at = turn * 0.05
        due = min(burst, turn) + int(at * rate)
        meter.tick(due - answers, at)
        answers = due
        paces.append(meter.pace)
    return paces


def test_the_first_answers_make_no_pace_that_nobody_keeps() -> None:
    paces = paced(2, 20, burst=2)
    assert max(paces) <= 5
    assert all(1.5 < pace < 2.6 for pace in paces[100:])


def test_a_fast_sender_is_seen_to_be_fast() -> None:
    assert paced(400, 0.5, burst=0)[-1] == pytest.approx(180, rel=0.1)
    assert paced(400, 3, burst=0)[-1] == pytest.approx(400, rel=0.05)
