"""The engine of many machines: tick, put what is due into the queue, and do what is found there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial

from psycopg_pool import AsyncConnectionPool

from digest.readers import keys
from digest.service.in_process import tick, ticking
from digest.service.jobs import due
from digest.service.jobs.clock_repair import CLOCK_REPAIR_SECONDS, mend_times
from digest.service.jobs.running import Running, in_words
from digest.service.queue.lane import JobLane
from digest.service.queue.presence import Presence
from digest.service.readiness import ready, stopping
from digest.store.db.postgres.lines import KEEPALIVE_OPTIONS
from digest.store.jobs import queue
from digest.store.jobs.kinds import DELIVER, FEEDBACK, FETCH, INTAKE, KINDS, MAKE, SYSTEM_MAILS, TIDY, Lane
from digest.timekeeping.ticker import MAX_SLEEP_SECONDS
from digest.timekeeping.ticker import Job as Tick

log = logging.getLogger("digest")

#: Jobs at once in a lane, where that is not for the operator to say. One run of delivery serves all open editions.
_CONCURRENCY = {Lane.URGENT: 4, Lane.DELIVERING: 1}
_LOOK_SECONDS = 5.0  # seconds between two looks at what is due and who lives
_MAX_CONNECTIONS = 2  # for taking jobs; what they do has the database's own


class Engine:
    """Does the jobs of some queues, and ticks, until the process is told to stop."""

    def __init__(
        self, running: Running, queues: Collection[str], concurrency: int, *, ticks: bool = True
    ) -> None:
        self._running, self._with_ticks = running, ticks
        self._queues = [name for name in KINDS if name in queues]
        self._presence = Presence(running, self._queues)
        self._lanes = [
            JobLane(lane, kinds, _CONCURRENCY.get(lane, concurrency), running, self._presence.name)
            for lane in Lane
            if (kinds := [KINDS[name] for name in self._queues if KINDS[name].lane is lane])
        ]

    async def run(self) -> None:
        """Work until told to stop; what is under way then is finished, or queued again."""
        running, tools = self._running, self._running.tools
        running.let_go = asyncio.Event()
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what goes wrong is told in our words
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        await self._presence.beat(self._lanes)
        if DELIVER.name in self._queues:
            await queue.hurry(tools.db, DELIVER.name)
        async with self._pool() as pool, ticking(self._ticks(), tools, tools.pulse):
            lanes = [asyncio.create_task(lane.run(pool)) for lane in self._lanes]
            ready(f"{self._presence.name} does {', '.join(self._queues)} in {tools.db.name}")
            await running.stop.wait()
            stopping()
            await asyncio.gather(*lanes)
        await in_words(running.edition_log.tell(), tools.notices, "edition_log")
        await in_words(self._presence.leave(), tools.notices, "presence")

    @asynccontextmanager
    async def _pool(self) -> AsyncIterator[AsyncConnectionPool]:
        # Without prepared statements, since PgBouncer may stand before the server.
        ours = KEEPALIVE_OPTIONS | {"application_name": "digest", "prepare_threshold": None}
        arguments = ours | self._running.tools.db.driver_arguments()
        pool = AsyncConnectionPool(
            kwargs=arguments,
            min_size=1,
            max_size=_MAX_CONNECTIONS,
            timeout=10.0,
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        await pool.open()
        try:
            yield pool
        finally:
            await pool.close()

    def _ticks(self) -> list[Tick]:
        running, tools = self._running, self._running.tools
        look = {"every": _LOOK_SECONDS, "at_once": True}
        own = [
            tick(partial(self._presence.beat, self._lanes), tools, "presence", **look),
            tick(tools.timekeeper.look, tools, "clock", every=MAX_SLEEP_SECONDS),
            tick(partial(keys.notice, tools.links, tools.db), tools, "keys", every=keys.LOOK_SECONDS),
        ]
        if not self._with_ticks:
            return own
        return [
            *own,
            *(
                tick(partial(due.put_makings, running, one), tools, f"{MAKE.name} {one.name}")
                for one in tools.settings.newsletters
            ),
            tick(partial(due.offer_seats, running), tools, "seats", **look),
            tick(partial(self._rescue), tools, "rescue", **look),
            tick(partial(due.put_visits, running), tools, f"{FETCH.name} round", **look),
            tick(partial(due.put_system_mails, running), tools, f"{SYSTEM_MAILS.name} due", **look),
            tick(partial(due.put_feedback, running), tools, f"{FEEDBACK.name} due", **look),
            tick(partial(due.put_intake, running), tools, f"{INTAKE.name} round", **look),
            tick(partial(due.put_tidying, running), tools, f"{TIDY.name} round", every=60.0),
            tick(partial(mend_times, tools), tools, "times", every=CLOCK_REPAIR_SECONDS, at_once=True),
            tick(running.edition_log.tell, tools, "edition_log", every=_LOOK_SECONDS),
        ]

    async def _rescue(self) -> None:
        if found := await queue.rescue(self._running.tools.db):
            log.warning("%d jobs of a machine that gives no sign of life are done again", len(found))
