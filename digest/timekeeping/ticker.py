"""The ticker: starts jobs when they are due, looking every few seconds instead of sleeping until a time of day.

A sleep that is meant to end at a time by the wall clock ends hours late when that clock is put back. So the ticker
sleeps for moments of the steady clock only, and each time asks what is due; what the wall clock did meanwhile is all
the same to it. A job that is still at work is not started beside itself.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.clock import Clock, Steady

MAX_SLEEP_SECONDS = 10.0  # seconds: the longest sleep between two looks
MAX_SILENCE_SECONDS = 180.0  # seconds without a look after which something is wrong
_MINUTE = 60.0


class Pulse:
    """When this process's ticker looked last; the health page asks it."""

    def __init__(self) -> None:
        self._at: float | None = None

    def beat(self, at: float) -> None:
        """Note a look, at this value of the steady clock."""
        self._at = at

    def silence(self, at: float) -> float:
        """Return the seconds since the last look, 0 where no ticker runs in this process."""
        return 0.0 if self._at is None else at - self._at


@dataclass(slots=True, kw_only=True)
class Job:
    """Work to be done `every` so many seconds, or, without that, once in each minute of the wall clock.

    `work` must not raise. A random share of `spread` seconds is added each time, so that machines do not act as one.
    """

    work: Callable[[], Awaitable[object]]
    every: float | None = None
    spread: float = 0.0
    at_once: bool = False
    _next: float | None = None
    _minute: datetime | None = None
    _task: asyncio.Task[Any] | None = field(default=None, repr=False)

    def start_if_due(self, at: float, now: datetime) -> None:
        """Start the work unless it is too early, or still under way."""
        if self._task and not self._task.done():
            return
        if self._is_due(at, now):
            self._task = asyncio.create_task(self._do())

    def _is_due(self, at: float, now: datetime) -> bool:
        if self.every is None:
            minute, before = now.replace(second=0, microsecond=0), self._minute
            self._minute = minute
            return minute != before
        first = self._next is None
        if self._next is None or at >= self._next:
            self._next = at + self.every + random.uniform(0.0, self.spread)  # noqa: S311  # no secret
            return self.at_once or not first
        return False

    async def _do(self) -> None:
        await self.work()

    async def cancel(self) -> None:
        """End the work where it stands."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


class Ticker:
    """Looks at its jobs for as long as it runs."""

    def __init__(self, jobs: Sequence[Job], *, steady: Steady, wall: Clock, pulse: Pulse) -> None:
        self._jobs, self._steady, self._wall, self._pulse = jobs, steady, wall, pulse

    async def run(self) -> None:
        """Look until this is cancelled; what is under way then is cancelled with it."""
        try:
            while True:
                self.look()
                await asyncio.sleep(self.pause())
        finally:
            await asyncio.gather(*(job.cancel() for job in self._jobs))

    def look(self) -> None:
        """Start what is due."""
        at, now = self._steady(), self._wall()
        self._pulse.beat(at)
        for job in self._jobs:
            job.start_if_due(at, now)

    def pause(self) -> float:
        """Return the seconds until the next look: soon after the wall clock's next minute, if that is near."""
        now = self._wall()
        return min(MAX_SLEEP_SECONDS, _MINUTE - now.second - now.microsecond / 1e6 + 0.01)
