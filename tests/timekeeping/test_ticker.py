"""The ticker: what is due is started once, whatever the wall clock does, and never beside itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from digest.timekeeping.ticker import MAX_SLEEP_SECONDS, Job, Pulse, Ticker

START = datetime(2026, 3, 2, 6, 0, 30, tzinfo=UTC)


class Clocks:
    def __init__(self) -> None:
        self.at, self.wall = 100.0, START

    def go_on(self, seconds: float) -> None:
        self.at += seconds
        self.wall += timedelta(seconds=seconds)


class Counted:
    """Work that counts its starts, and goes on while it is told to."""

    def __init__(self) -> None:
        self.started, self.ended = 0, 0
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self) -> None:
        self.started += 1
        await self.hold.wait()
        self.ended += 1


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def ticker_of(clocks: Clocks, *jobs: Job, pulse: Pulse | None = None) -> Ticker:
    return Ticker(jobs, steady=lambda: clocks.at, wall=lambda: clocks.wall, pulse=pulse or Pulse())


async def look(ticker: Ticker) -> None:
    ticker.look()
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_job_of_every_minute_is_started_once_in_each(clocks: Clocks) -> None:
    work = Counted()
    ticker = ticker_of(clocks, Job(work=work))
    for _ in range(13):  # two minutes
        await look(ticker)
        clocks.go_on(10)
    assert work.started == 3


@pytest.mark.parametrize(
    "jump", [timedelta(days=1), timedelta(days=-1), timedelta(days=1100), -timedelta(hours=1)]
)
async def test_a_clock_that_is_set_stops_no_job_and_is_not_made_up_for(
    clocks: Clocks, jump: timedelta
) -> None:
    minutely, regular = Counted(), Counted()
    ticker = ticker_of(clocks, Job(work=minutely), Job(work=regular, every=60.0))
    await look(ticker)
    clocks.wall += jump
    for _ in range(12):
        await look(ticker)
        clocks.go_on(10)
    assert minutely.started in (2, 3, 4)
    assert regular.started in (1, 2)


async def test_a_job_that_is_at_work_is_not_started_beside_itself(clocks: Clocks) -> None:
    slow, quick = Counted(), Counted()
    slow.hold.clear()
    ticker = ticker_of(clocks, Job(work=slow), Job(work=quick))
    for _ in range(5):
        await look(ticker)
        clocks.go_on(60)
    assert (slow.started, quick.started) == (1, 5)
    slow.hold.set()
    await look(ticker)
    await look(ticker)
    assert slow.started == 2, "and again when it is done"


async def test_a_regular_job_comes_after_its_time_or_at_once(clocks: Clocks) -> None:
    later, at_once = Counted(), Counted()
    ticker = ticker_of(clocks, Job(work=later, every=25.0), Job(work=at_once, every=25.0, at_once=True))
    await look(ticker)
    assert (later.started, at_once.started) == (0, 1)
    clocks.go_on(24)
    await look(ticker)
    assert (later.started, at_once.started) == (0, 1)
    clocks.go_on(1)
    await look(ticker)
    assert (later.started, at_once.started) == (1, 2)
    clocks.go_on(86400)  # the machine slept
    await look(ticker)
    await look(ticker)
    assert (later.started, at_once.started) == (2, 3)


async def test_it_sleeps_for_seconds_and_wakes_with_the_minute(clocks: Clocks) -> None:
    ticker = ticker_of(clocks)
    assert ticker.pause() == MAX_SLEEP_SECONDS
    clocks.go_on(26)
    assert 4 <= ticker.pause() < 4.1
    clocks.wall += timedelta(days=365)
    assert ticker.pause() <= MAX_SLEEP_SECONDS


async def test_what_is_under_way_ends_with_it(clocks: Clocks) -> None:
    slow = Counted()
    slow.hold.clear()
    running = asyncio.create_task(ticker_of(clocks, Job(work=slow)).run())
    await asyncio.sleep(0.05)
    assert slow.started == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    slow.hold.set()
    await asyncio.sleep(0)
    assert slow.ended == 0


async def test_its_pulse_tells_when_it_looked_last(clocks: Clocks) -> None:
    pulse = Pulse()
    assert pulse.silence(clocks.at) == 0, "none runs in this process"
    ticker_of(clocks, pulse=pulse).look()
    clocks.go_on(200)
    assert pulse.silence(clocks.at) == 200
