"""Amounts as people write them in a configuration: durations and rates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PERIODS = {
    "s": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` messages in any `seconds` seconds."""

    count: int
    seconds: int

    def shared(self, processes: int) -> Rate:
        """Return the share of each of `processes`; rates over longer times are counted in the ledger instead."""
        return replace(self, count=max(1, self.count // processes)) if self.seconds == 1 else self

    def __str__(self) -> str:
        return f"{self.count}/{next(name for name, seconds in _PERIODS.items() if seconds == self.seconds)}"


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of every day, from `start` to before `end`; over midnight where `start` is the later one."""

    start: time
    end: time

    def __contains__(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def parse_hours(text: str) -> Hours:
    """Read "06:00-22:00" or, over midnight, "22:00-06:00"; raises ValueError that says what is allowed."""
    try:
        start, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in text.split("-"))  # noqa: DTZ007  # wall time
        if start == end:
            raise ValueError
        return Hours(start, end)
    except ValueError:
        raise ValueError(f'{text!r} are no hours of the day; write for example "06:00-22:00"') from None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a number of people: a percentage, or a number."""

    percent: float = 0.0
    count: int = 0

    def every(self, total: int) -> int:
        """Return n where the share is one in n; 1 where it is all of them."""
        return max(1, round(100 / self.percent if self.percent else total / self.count))


def parse_share(value: str | int) -> Share:
    """Read "5%", or a number of people; raises ValueError that says what is allowed."""
    text = str(value).strip()
    try:
        share = Share(percent=float(text[:-1])) if text.endswith("%") else Share(count=int(text))
        if share.count < 0 or not (share.count or 0 < share.percent <= 100):
            raise ValueError
        return share
    except ValueError:
        raise ValueError(f'{text!r} is no share; write for example "5%", or a number of readers') from None


def parse_duration(text: str) -> timedelta:
    """Read "90s", "30m", "36h", "2d" or "1w"; raises ValueError that says what is allowed."""
    try:
        number, seconds = float(text.strip()[:-1]), _SECONDS[text.strip()[-1:]]
        if number < 0:
            raise ValueError
        return timedelta(seconds=number * seconds)
    except (ValueError, KeyError, OverflowError):
        raise ValueError(
            f'{text!r} is not a duration; write for example "90s", "30m", "36h" or "2d"'
        ) from None


def parse_rate(text: str) -> Rate:
    """Read "14/s", "300/minute", "1000/h" or "50000/day"; raises ValueError that says what is allowed."""
    count, _, period = text.replace(" ", "").partition("/")
    if not count.isdecimal() or int(count) < 1 or period not in _PERIODS:
        raise ValueError(
            f'{text!r} is not a rate; write for example "14/s", "300/min", "1000/h" or "50000/day"'
        )
    return Rate(int(count), _PERIODS[period])


def format_duration(span: timedelta) -> str:
    """Say a duration in its largest whole unit: "36h", "90s", "2d"."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def spoken(span: timedelta) -> str:
    """Say for people how long something took, in its two largest units: "23 h 58 min", "3 d 4 h", "12 s"."""
    rest, parts = int(span.total_seconds()), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, rest = divmod(rest, size)
        parts.append((number, unit))
    first = next((at for at, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 s"
