"""Rates hold, whatever the order of the calls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.pacing import Pacer
from digest.units import Rate, parse_rate


def run(pacer: Pacer, seconds: float, *, step: float = 0.01, start: float = 1000.0) -> list[float]:
    """Return when messages went, for somebody who always has more of them."""
    times = []
    for i in range(round(seconds / step)):
        now = start + i * step
        times += [now] * pacer.take(1000, now, now)
    return times


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(1 for other in times if time <= other < time + seconds) for time in times)


@pytest.mark.parametrize("text", ["14/s", "200/s", "1/s", "50/min"])
def test_no_window_holds_more_than_its_rate(text: str) -> None:
    rate = parse_rate(text)
    times = run(Pacer([rate]), 3 * rate.seconds, step=rate.seconds / 200)
    assert most_within(times, rate.seconds) <= rate.count
    assert len(times) >= 0.9 * 3 * rate.count


def test_a_rate_per_second_is_spread_evenly() -> None:
    times = run(Pacer([parse_rate("200/s")]), 1)
    assert most_within(times, 0.05) <= 21


def test_several_rates_hold_at_once() -> None:
    times = run(Pacer([parse_rate("100/s"), parse_rate("150/min")]), 5)
    assert len(times) == 150
    assert most_within(times, 1) <= 100


def test_it_says_when_the_next_may_go() -> None:
    pacer = Pacer([parse_rate("2/s"), parse_rate("3/min")])
    now = 500.0
    waits: list[float] = []
    for _ in range(4):
        assert pacer.take(1, now, now) == 1
        assert pacer.take(1, now, now) == 0
        waits.append(pacer.wait(now, now))
        now += waits[-1] + 1e-6
    assert waits[:2] == pytest.approx([0.5, 0.5], abs=0.05)
    assert 55 < waits[2] < 62


def test_without_a_rate_everything_may_go() -> None:
    assert Pacer().take(12345, 0.0, 0.0) == 12345
    assert Pacer().wait(0.0, 0.0) == 0.0


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 50)), max_size=60),
    st.integers(1, 40),
    st.sampled_from([1, 60]),
)
def test_a_window_is_never_overdrawn(calls: list[tuple[float, int]], count: int, seconds: int) -> None:
    pacer = Pacer([Rate(count, seconds)])
    now, times = 0.0, list[float]()
    for pause, wanted in calls:
        now += pause
        granted = pacer.take(wanted, now, now)
        assert 0 <= granted <= wanted
        times += [now] * granted
    assert not times or most_within(times, seconds) <= count


def test_what_others_used_of_a_long_rate_counts() -> None:
    pacer = Pacer([parse_rate("100/day")])
    (quota,) = pacer.quotas
    assert pacer.take(10, 0.0, 1e9) == 10
    assert quota.unsaved == {quota.slot(1e9): 10}
    quota.fill({quota.slot(1e9) - 1: 75})
    assert pacer.take(1000, 0.0, 1e9) == 15
    quota.saved({quota.slot(1e9): 10})
    assert quota.unsaved == {quota.slot(1e9): 15}
    assert pacer.take(1, 0.0, 1e9 + 80_000) == 0
    assert pacer.take(1, 0.0, 1e9 + 90_000) == 1
