"""The only reader of the wall clock; everywhere else `now` is an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def pretended(moment: datetime) -> Clock:
    """Return a clock that starts at `moment` and runs on from there, for `--at`."""
    started = utc_now()

    def clock() -> datetime:
        return moment.astimezone(UTC) + (utc_now() - started)

    return clock
