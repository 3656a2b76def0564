"""The only reader of the clocks; everywhere else `now` is an argument."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
Steady: TypeAlias = Callable[[], float]

_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class Pretended:
    """A clock that starts at a moment and runs on from there, for `--at`."""

    def __init__(self, moment: datetime) -> None:
        self._moment, self._started = moment.astimezone(UTC), utc_now()

    def __call__(self) -> datetime:
        return self._moment + (utc_now() - self._started)

    @property
    def looks_back(self) -> bool:
        """Whether it shows a time that is over, when less was known than now."""
        return self._moment < self._started


def looks_back(clock: Clock) -> bool:
    """Say whether a clock shows a time that is over."""
    return isinstance(clock, Pretended) and clock.looks_back


def steady() -> float:
    """Return the seconds since some moment of this boot, by a clock that cannot be set.

    Where the system has one that goes on while the machine sleeps (Linux), it is that one.
    """
    return time.clock_gettime(_BOOTTIME) if _BOOTTIME is not None else time.monotonic()


@cache
def boot() -> str:
    """Name this boot of this machine: only within it can two values of the steady clock be compared."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:  # not Linux: then only what this process has seen
        return f"process-{os.getpid()}-{secrets.token_hex(4)}"
