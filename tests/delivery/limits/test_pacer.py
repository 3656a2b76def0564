"""Rates hold, whatever the order of the calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.limits.pacer import Pacer
from digest.delivery.limits.rates import WarmUp, closed_for
from digest.model.amounts import Rate, parse_hours, parse_rate
from tests.delivery.running import moment


def run(pacer: Pacer, seconds: float, *, step: float = 0.01, start: float = 1000.0) -> list[float]:
    """Return when messages went, for somebody who always has more of them."""
    times = []
    for i in range(round(seconds / step)):
        now = start + i * step
        times += [now] * pacer.take(1000, moment(now))
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
        assert pacer.take(1, moment(now)) == 1
        assert pacer.take(1, moment(now)) == 0
        waits.append(pacer.wait(moment(now)))
        now += waits[-1] + 1e-6
    assert waits[:2] == pytest.approx([0.5, 0.5], abs=0.05)
    assert 55 < waits[2] < 62


def test_without_a_rate_everything_may_go() -> None:
    assert Pacer().take(12345, moment(0.0)) == 12345
    assert Pacer().wait(moment(0.0)) == 0.0


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
        granted = pacer.take(wanted, moment(now))
        assert 0 <= granted <= wanted
        times += [now] * granted
    assert not times or most_within(times, seconds) <= count


def test_what_others_used_of_a_long_rate_counts() -> None:
    pacer = Pacer([parse_rate("100/day")])
    (quota,) = pacer.quotas
    assert pacer.take(10, moment(0.0, 1e9)) == 10
    assert quota.unsaved == {quota.slot(1e9): 10}
    quota.fill({quota.slot(1e9) - 1: 75})
    assert pacer.take(1000, moment(0.0, 1e9)) == 15
    quota.saved({quota.slot(1e9): 10})
    assert quota.unsaved == {quota.slot(1e9): 15}
    assert pacer.take(1, moment(0.0, 1e9 + 80_000)) == 0
    assert pacer.take(1, moment(0.0, 1e9 + 90_000)) == 1


@pytest.mark.parametrize(
    ("hours", "local", "hours_to_wait"),
    [
        ("06:00-22:00", "2026-03-02T06:00", 0),
        ("06:00-22:00", "2026-03-02T21:59", 0),
        ("06:00-22:00", "2026-03-02T22:00", 8),
        ("06:00-22:00", "2026-03-02T05:30", 0.5),
        ("22:00-06:00", "2026-03-02T23:00", 0),
        ("22:00-06:00", "2026-03-02T05:59", 0),
        ("22:00-06:00", "2026-03-02T06:00", 16),
        ("06:00-22:00", "2026-03-28T22:00", 7),  # that night has an hour less
        ("06:00-22:00", "2026-10-24T22:00", 9),  # and that one an hour more
    ],
)
def test_hours_are_wall_time(hours: str, local: str, hours_to_wait: float) -> None:
    zone = ZoneInfo("Europe/Berlin")
    wall = datetime.fromisoformat(local).replace(tzinfo=zone).timestamp()
    assert closed_for(parse_hours(hours), zone, wall) == hours_to_wait * 3600
    pacer = Pacer(hours=parse_hours(hours), zone=zone)
    assert pacer.take(10, moment(0.0, wall)) == (0 if hours_to_wait else 10)
    assert pacer.wait(moment(0.0, wall)) == pacer.used_up(moment(0.0, wall)) == hours_to_wait * 3600
    assert ("Europe/Berlin" in pacer.blocked_reason(moment(0.0, wall))) is bool(hours_to_wait)


def test_leave_is_given_back_outside_the_hours_too() -> None:
    pacer = Pacer([parse_rate("10/day")], hours=parse_hours("06:00-22:00"))
    night = datetime(2026, 3, 2, 23, tzinfo=UTC).timestamp()
    assert pacer.take(-3, moment(0.0, night)) == -3


@pytest.mark.parametrize("text", ["", "6-22", "06:00", "25:00-26:00", "06:00-06:00", "06:00-22:00-23:00"])
def test_what_are_no_hours_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="06:00-22:00"):
        parse_hours(text)


def test_a_warm_up_grows_by_the_day_and_then_ends() -> None:
    warm_up = WarmUp([20, 50, 100])
    day = datetime(2026, 3, 2, 12, tzinfo=UTC)
    sent = []
    for n in (0, 0.25, 0.5, 1, 2, 3):  # days; the second is the same day, the third the day after
        now = (day + timedelta(days=n)).timestamp()
        free = min(warm_up.free(now), 1000)
        warm_up.take(free, now)
        sent.append(free)
    assert sent == [20, 0, 50, 0, 100, 1000]


def test_a_warm_up_begins_with_the_first_message_and_says_when_it_goes_on() -> None:
    zone = ZoneInfo("Europe/Berlin")
    pacer = Pacer([parse_rate("100/day")], warm_up=[20, 500], zone=zone)
    evening = datetime(2026, 3, 2, 23, tzinfo=zone).timestamp()
    assert pacer.take(1000, moment(0.0, evening)) == 20
    assert pacer.used_up(moment(0.0, evening)) == 3600
    assert "day 1 of its warm-up" in pacer.blocked_reason(moment(0.0, evening))
    night = evening + 3600
    assert pacer.take(1000, moment(1.0, night)) == 80, "the day's rate holds as well"
    assert "100/d" in pacer.blocked_reason(moment(0.0, night))


def test_a_warm_up_goes_on_from_what_the_ledger_knows() -> None:
    day = datetime(2026, 3, 2, 12, tzinfo=UTC)
    warm_up = WarmUp([20, 50])
    today = warm_up.slot(day.timestamp())
    warm_up.fill({today - 1: 20, today: 49})
    assert warm_up.free(day.timestamp()) == 1
    warm_up.take(-5, day.timestamp())  # leave that was not used
    assert warm_up.free(day.timestamp()) == 6
