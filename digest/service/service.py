"""The service: a ticker finds what is due, and an engine does it.

There are two engines for the same jobs (`jobs.work`). On SQLite there is one machine, which does at once what its ticker
finds, and a loop that delivers what is open (`in_process`). On PostgreSQL any number of machines tick, put what is due
into one queue, and do what they find there (`queue.engine`). The database's URL decides.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Sequence

from digest import gc_tuning
from digest.service import in_process
from digest.service.jobs.running import Running
from digest.service.readiness import ready
from digest.store.jobs.kinds import DELIVER, KINDS
from digest.tools import Tools

#: How soon a thread that parses or chooses lets the pages answer, in seconds; Python's own 5 ms add up.
THREAD_SWITCH_SECONDS = 0.001

#: Visits and other background jobs that one process does at once; each needs a connection to the database now and then.
CONCURRENCY = 8


async def run(
    tools: Tools, stop: asyncio.Event, *, queues: Sequence[str] = tuple(KINDS), concurrency: int = CONCURRENCY
) -> None:
    """Make and deliver editions until `stop` is set; what is under way then is finished or handed back.

    With PostgreSQL it does the jobs of `queues` only, `concurrency` background jobs at once.
    """
    _tune()
    running = Running(tools, stop)
    if tools.db.dialect == "postgresql":
        await _from_queue(running, queues, concurrency)
    else:
        ready(f"at work on {tools.db.name}")
        await in_process.run(running)


async def deliver(tools: Tools, stop: asyncio.Event) -> None:
    """Deliver what is open until `stop` is set: what a process does that belongs to another one of this machine."""
    running = Running(tools, stop)
    if tools.db.dialect == "postgresql":
        await _from_queue(running, (DELIVER.name,), 1, ticks=False)
    else:
        await in_process.deliver_until(running, rest=in_process.HELPERS_PAUSE)


def _tune() -> None:
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)
    gc_tuning.raise_gc_threshold()


async def _from_queue(
    running: Running, queues: Collection[str], concurrency: int, *, ticks: bool = True
) -> None:
    from digest.service.queue.engine import Engine  # with a library that only PostgreSQL needs

    await Engine(running, queues, concurrency, ticks=ticks).run()
