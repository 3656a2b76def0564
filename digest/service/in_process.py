"""The engine of one machine (SQLite): what the ticker finds is done at once, and a loop delivers what is open.

The ticker keeps nothing: once a minute the schedule says which slot was last due and the ledger whether it is made, so
that a slot missed while the service was down is found all the same. While the clock is in doubt (see `timekeeping`) no
slot is made or skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from digest.clock import steady
from digest.errors import SenderBroken
from digest.readers import keys
from digest.service.jobs import due, work
from digest.service.jobs.clock_repair import CLOCK_REPAIR_SECONDS, mend_times
from digest.service.jobs.running import MAX_PAUSE, PutBack, Running, in_words
from digest.settings import Newsletter
from digest.store.jobs.kinds import Job
from digest.timekeeping.ticker import MAX_SLEEP_SECONDS, Pulse, Ticker
from digest.timekeeping.ticker import Job as Tick
from digest.tools import Tools

#: How long the delivery loop pauses when nothing is open and it is not woken.
IDLE_PAUSE = timedelta(seconds=5)

#: The same for a process that belongs to another one, which may have opened an edition for it.
HELPERS_PAUSE = timedelta(seconds=0.5)

#: How often mails to single readers are looked for, in seconds: who has just signed up waits in front of a mailbox.
SYSTEM_MAILS_SECONDS = 2.0

#: How often reports that came back are looked for, in seconds.
FEEDBACK_SECONDS = 5.0


async def run(running: Running) -> None:
    """Make and deliver editions until the process is told to stop."""
    async with ticking(_ticks(running), running.tools, running.tools.pulse):
        await deliver_until(running)
        await in_words(running.edition_log.tell(), running.tools.notices, "edition_log")


@contextlib.asynccontextmanager
async def ticking(ticks: Sequence[Tick], tools: Tools, pulse: Pulse) -> AsyncIterator[None]:
    """Do what is due, beside what is done inside."""
    ticker = Ticker(ticks, steady=steady, wall=tools.clock, pulse=pulse)
    ticker_task = asyncio.create_task(ticker.run())
    try:
        yield
    finally:
        ticker_task.cancel()  # fetching can be cut at any moment, and making an edition is one transaction
        await asyncio.gather(ticker_task, return_exceptions=True)


def tick(work: Callable[[], Awaitable[object]], tools: Tools, finder: str, **when: Any) -> Tick:
    """Return work for the ticker that fails in words; `finder` tells its problems from those of others."""
    return Tick(work=lambda: in_words(work(), tools.notices, finder), **when)


def _ticks(running: Running) -> list[Tick]:
    """Return what the ticker does, besides keeping the time (see `deliver_until`)."""
    tools, numbers = running.tools, count(1)

    def every(work: Callable[[], Awaitable[object]], **when: Any) -> Tick:
        return tick(work, tools, f"job {next(numbers)}", **when)

    interval = tools.settings.fetch.interval.total_seconds()
    return [
        *(every(partial(make_due, running, one)) for one in tools.settings.newsletters),
        every(partial(mend_times, tools), every=CLOCK_REPAIR_SECONDS, at_once=True),
        every(partial(fetch_due, running), every=max(interval, 1.0), spread=interval / 20),
        every(partial(work.send_system_mails, running, [{}]), every=SYSTEM_MAILS_SECONDS, at_once=True),
        every(partial(work.act_on_feedback, running, [{}]), every=FEEDBACK_SECONDS, at_once=True),
        *_intake(running, every),
        every(running.edition_log.tell, every=IDLE_PAUSE.total_seconds()),
        every(partial(work.tidy, running, [{}]), every=due.TIDY_EVERY.total_seconds()),
    ]


def _intake(running: Running, every: Callable[..., Tick]) -> list[Tick]:
    settings = running.tools.settings.bounces
    if not settings.collects:
        return []
    return [
        every(partial(work.take_in, running, [{}]), every=settings.interval.total_seconds(), at_once=True)
    ]


async def make_due(running: Running, newsletter: Newsletter) -> None:
    """Make the edition of the slot that is due."""
    with contextlib.suppress(PutBack):  # the next look comes in a minute
        await _do(running, work.make, await due.makings(running, newsletter))


async def fetch_due(running: Running) -> None:
    """Visit all sources whose turn it is."""
    await _do(running, work.fetch, await due.visits(running))


async def _do(running: Running, function: work.Work, jobs: Sequence[Job]) -> None:
    if jobs:
        await function(running, [job.ids for job in jobs])


async def deliver_until(running: Running, *, rest: timedelta = IDLE_PAUSE) -> None:
    """Deliver whatever is open until the process is told to stop, and keep the time."""
    tools, stop, wake, pause = running.tools, running.stop, running.made, rest
    async with ticking(
        [
            tick(tools.timekeeper.look, tools, "clock", every=MAX_SLEEP_SECONDS),
            tick(partial(keys.notice, tools.links, tools.db), tools, "keys", every=keys.LOOK_SECONDS),
        ],
        tools,
        Pulse(),
    ):
        while not stop.is_set():
            running.senders.reset()  # the pauses here are this loop's
            error = await in_words(work.deliver(running, ()), tools.notices, "delivery")
            wake.clear()
            await _first_of(stop, wake, pause.total_seconds())
            pause = min(2 * pause, MAX_PAUSE) if isinstance(error, SenderBroken) else rest


async def _first_of(stop: asyncio.Event, wake: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (stop, wake)]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
