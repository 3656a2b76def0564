"""How long a schedule pauses at most; pure.

Gaps are measured on the wall clock, as cron runs. The hour by which a clock change makes one longer is not in them:
so callers add some slack.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from digest.schedule.slots import parse_cron

SLACK = timedelta(
    hours=12
)  # for clock changes, editions that are late, and stories that are dated before they appear

_START = datetime(2001, 1, 1, tzinfo=UTC)  # a Monday, and the first year after a leap year
_YEARS = 28  # after which leap years fall on the same weekdays again
_MAX_DAYS = 1500  # of a schedule that are looked at; they show all its gaps


@lru_cache(maxsize=256)
def gaps(cron: str) -> tuple[timedelta, timedelta]:
    """Return the shortest and the longest time between two slots; raises ValueError as `parse_cron` does."""
    minute, hour, day, month, weekday = cron.split()
    times = list(_fires(f"{minute} {hour} * * *", _START + timedelta(days=1)))
    within = [later - earlier for earlier, later in pairwise(times)]
    span = timedelta(days=15) if day == month == "*" else timedelta(days=366 * _YEARS)
    days = list(_fires(f"0 0 {day} {month} {weekday}", _START + span))
    if len(days) < 2:  # a day that comes once in several years
        return min(within, default=span), span
    overnight = times[-1] - times[0]
    between = [later - earlier - overnight for earlier, later in pairwise(days)]
    every = within + between
    return min(every), max(every)


def longest_gap(cron: str) -> timedelta:
    """Return the longest time between two slots of a cron expression."""
    return gaps(cron)[1]


def shortest_gap(cron: str) -> timedelta:
    """Return the shortest time between two slots of a cron expression."""
    return gaps(cron)[0]


def default_max_age(cron: str) -> timedelta:
    """Return how old a story may be so that none falls between two editions."""
    return longest_gap(cron) + SLACK


def _fires(cron: str, end: datetime) -> Iterator[datetime]:
    """Yield when a schedule fires before `end`, as a wall clock shows it, but not more often than needed."""
    trigger, at = parse_cron(cron), _START
    for _ in range(_MAX_DAYS):
        fire: datetime | None = trigger.get_next_fire_time(None, at)
        if fire is None or fire >= end:
            return
        yield fire
        at = fire + timedelta(minutes=1)
