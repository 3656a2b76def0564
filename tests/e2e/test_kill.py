"""kill -9 at any moment: nobody is left out, and whoever may have had it twice is listed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from typing import TypeAlias

import pytest
from sqlalchemy import select

from digest.delivery import Step
from digest.model import Edition, EditionStatus, State
from digest.store.db.database import LOST_PAGES_KEY, Database
from digest.store.db.schema.tables import meta
from digest.store.editions import deliveries, editions
from tests.e2e.deliverer import Job, start
from tests.helpers.ledger import address, open_edition
from tests.helpers.sink import Sink, listen

#: Where a process is killed: a phase of SMTP, which the sink sees; a step of the ledger; or "at random".
Point: TypeAlias = str | Step
SMTP_PHASES = ("mail", "rcpt", "data", "body", "dot", "replied")


@dataclass(slots=True)
class Executioner:
    """Kills a process when the sink sees a phase for the n-th time."""

    phase: str = ""
    after: int = 0
    process: ForkServerProcess | None = None
    hits: Counter[str] = field(default_factory=Counter)

    def watch(self, phase: str, _: str) -> None:
        if phase == self.phase and self.process is not None:
            self.after -= 1
            if self.after <= 0:
                kill(self.process)
                self.hits[self.phase] += 1
                self.phase = ""


def kill(process: ForkServerProcess) -> None:
    assert process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


async def ended(process: ForkServerProcess, seconds: float = 60) -> int | None:
    await asyncio.to_thread(process.join, seconds)
    assert process.exitcode is not None, "it does not come to an end"
    return process.exitcode


async def in_flight(db: Database, edition: Edition) -> int:
    return (await editions.tally(db, edition.id))[State.SENDING]


@asynccontextmanager
async def edition_and_sink(db: Database, readers: int) -> AsyncIterator[tuple[Edition, Sink, Executioner]]:
    edition = await open_edition(db, readers=readers)
    executioner = Executioner()
    sink = Sink(watch=executioner.watch)
    async with listen(sink):
        yield edition, sink, executioner


async def settled(sink: Sink) -> None:
    """Wait until the sink has read what a dead process had left on the wire."""
    before = -1
    while before != len(sink.received):
        before = len(sink.received)
        await asyncio.sleep(0.05)


async def check(
    db: Database, edition: Edition, sink: Sink, readers: int, *, hold: bool, twice: bool = False
) -> dict[str, int]:
    """Hold what arrived against what the ledger says; `twice`: a second answer may be lost, which is left to people."""
    got = Counter(sink.recipients)
    ids: dict[str, set[str]] = {}
    for recipient, message_id in sink.received:
        ids.setdefault(recipient, set()).add(message_id)
    rows = {row.address: row async for row in deliveries.rows(db, edition.id)}
    assert rows.keys() == {address(number) for number in range(1, readers + 1)}
    assert (await editions.by_name(db, edition.name)).status is EditionStatus.SENT
    for name, row in rows.items():
        times = got[name]
        left = hold or (twice and row.attempts > 1)
        assert row.state is State.SENT or (left and row.state is State.UNKNOWN), row
        assert times >= 1 or row.state is State.UNKNOWN, f"{name} was left out: {row}"
        assert times <= (row.attempts if row.doubted and not hold else 1), (
            f"{name} got it {times} times: {row}"
        )
        assert len(ids.get(name, ())) <= 1, "every attempt is the same mail"
    async with db.connect() as conn:
        assert not await conn.scalar(select(meta.c.key).where(meta.c.key == LOST_PAGES_KEY)), (
            "a kill alone damages nothing"
        )
    return {
        "readers": readers,
        "lost": sum(not got[name] for name in rows if rows[name].state is State.SENT),
        "duplicates": sum(times - 1 for times in got.values()),
        "in doubt": sum(row.doubted for row in rows.values()),
    }


async def attack(
    db: Database,
    job: Job,
    executioner: Executioner,
    edition: Edition,
    sink: Sink,
    plans: list[tuple[Point, int]],
) -> list[int]:
    """Start the job again and again and kill it as planned, then let it finish; return what was in flight each time."""
    doubts = []
    for point, after in plans:
        if isinstance(point, Step):
            process = start(replace(job, die=point, die_after=after))
        else:
            process = start(job)
            if point == "at random":
                await asyncio.sleep(random.uniform(0.05, 0.6))
                kill(process)
            else:
                executioner.phase, executioner.after, executioner.process = point, after, process
        code = await ended(process)
        executioner.phase = ""
        await settled(sink)
        if code == 0:
            break  # it had finished before the moment came
        assert code == -signal.SIGKILL, "it died of something else"
        doubts.append(await in_flight(db, edition))
    assert await ended(start(job), 200) == 0
    return doubts


def plans(rounds: int, most: int) -> list[tuple[Point, int]]:
    random.seed(20260302)
    points = (*SMTP_PHASES, *Step)
    chosen: list[tuple[Point, int]] = [
        (point, random.randint(1, 3 if isinstance(point, Step) else most))
        for _ in range(rounds)
        for point in points
    ]
    chosen += [("at random", 0)] * (len(chosen) // 3)
    random.shuffle(chosen)
    return chosen


@pytest.mark.timeout(900)
@pytest.mark.parametrize("hold", [False, True], ids=["resend", "hold"])
async def test_kill_at_every_point_of_the_work(
    sqlite_db: Database, sqlite_url: str, request: pytest.FixtureRequest, hold: bool
) -> None:
    soak = request.config.getoption("--soak")
    readers = 20_000 if soak else 1000
    async with edition_and_sink(sqlite_db, readers) as (edition, sink, executioner):
        # What is in doubt stays so if it is held: at a lower rate fewer are, and more can be killed. A short run is
        # paced too, or a quick machine is done before it has died often enough.
        job = Job(url=sqlite_url, port=sink.port, hold=hold, rate="600/s" if hold or not soak else "")
        planned = plans(13 if soak else 1, 60 if soak else 25)
        doubts = await attack(sqlite_db, job, executioner, edition, sink, planned)
        found = await check(sqlite_db, edition, sink, readers, hold=hold)
    assert len(doubts) >= (200 if soak else 8), "the work was done before it could be killed often enough"
    print(f"\n{len(doubts)} kills, on_unknown = {'hold' if hold else 'resend'}: {found}")


@pytest.mark.timeout(300)
async def test_at_a_paced_rate_few_are_in_doubt_per_kill(
    sqlite_db: Database, sqlite_url: str, request: pytest.FixtureRequest
) -> None:
    kills = 30 if request.config.getoption("--soak") else 2
    readers = (260 if kills > 2 else 200) * (kills + 1)
    async with edition_and_sink(sqlite_db, readers) as (edition, sink, executioner):
        job = Job(url=sqlite_url, port=sink.port, rate="200/s")
        points = (*SMTP_PHASES, *Step) if kills > 2 else ("dot",)
        planned = [
            (point, random.randint(1, 3) if isinstance(point, Step) else random.randint(20, 150))
            for point in random.choices(points, k=kills)
        ]
        doubts = await attack(sqlite_db, job, executioner, edition, sink, planned)
        await check(sqlite_db, edition, sink, readers, hold=False)
    assert len(doubts) == kills
    assert max(doubts) <= 2 * job.connections + 20
    print(
        f"\n{len(doubts)} kills at 200 mails a second over {job.connections} connections, in doubt after each: {doubts}"
    )


@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_kill_one_of_two_processes_on_postgresql(
    postgres_url: str, request: pytest.FixtureRequest
) -> None:
    soak = request.config.getoption("--soak")
    readers = 5000 if soak else 400
    db = await Database.open(postgres_url)
    try:
        async with edition_and_sink(db, readers) as (edition, sink, executioner):
            job = Job(url=postgres_url, port=sink.port, rate="400/s")
            steady = start(job)
            await attack(
                db, job, executioner, edition, sink, plans(2, 30) if soak else [("dot", 20), ("mail", 10)]
            )
            assert await ended(steady) == 0
            await check(db, edition, sink, readers, hold=False)
    finally:
        await db.close()
