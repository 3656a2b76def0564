"""Gauges: how things stand now, asked of the database at most every few seconds, however often Prometheus comes."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from digest.clock import steady
from digest.errors import StoreError
from digest.schedule.slots import next_slots
from digest.store.content import sources as source_store
from digest.store.editions.depth import depth
from digest.store.jobs import machines, overview
from digest.store.jobs.kinds import KINDS
from digest.telemetry.measures import Family
from digest.tools import Tools

CACHE_SECONDS = 10.0  # for which one look at the database serves every scrape, at least
#: A look that took long serves for longer, so that scrapes never take more than this share of the time.
MAX_SHARE_OF_TIME = 0.02

QUEUE = Family(
    "digest_queue_deliveries",
    "Deliveries of open editions: due, waiting (tried again later), in_flight, paused.",
    ("newsletter", "state"),
)
JOBS = Family(
    "digest_jobs",
    "Jobs that machines share on PostgreSQL: waiting, running, failed.",
    ("kind", "state"),
)
MACHINES = Family("digest_machines", "Machines that give signs of life (PostgreSQL).")
OPEN_EDITIONS = Family(
    "digest_open_editions", "Editions that are sending or paused.", ("newsletter", "status")
)
OLDEST_SECONDS = Family(
    "digest_oldest_edition_seconds",
    "For how long the oldest unfinished edition has been sent.",
    ("newsletter",),
)
NEXT_SLOT = Family("digest_next_slot_timestamp_seconds", "When the next edition is due.", ("newsletter",))
SENDER_USABLE = Family(
    "digest_sender_usable", "1 if this process may use the sender, 0 while its breaker is open.", ("sender",)
)
SOURCES_FAILING = Family("digest_sources_failing", "Sources whose last visit failed, or given up.", ("kind",))
PROBLEMS = Family("digest_problems", "Problems that last, which /healthz puts into words.")
TICKER_SILENCE = Family("digest_ticker_silence_seconds", "Since this process last looked for due editions.")
DATABASE_UP = Family("digest_database_up", "1 if the database answered the last look at it.")

GAUGES = (
    *(QUEUE, JOBS, MACHINES, OPEN_EDITIONS, OLDEST_SECONDS, NEXT_SLOT, SENDER_USABLE, SOURCES_FAILING),
    *(PROBLEMS, TICKER_SILENCE, DATABASE_UP),
)

Values: TypeAlias = dict[Family, dict[tuple[str, ...], float]]


@dataclass(slots=True)
class Gauges:
    """Looks at the database and at this process."""

    tools: Tools
    _stored: Values = field(default_factory=dict)
    _look_at: float = 0.0  # not before this moment of the steady clock
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> Values:
        """Return every gauge that has a value now; a database that does not answer is one of them."""
        async with self._one_at_a_time:
            if (begun := steady()) >= self._look_at:
                self._stored = await self._of_database()
                took = steady() - begun
                self._look_at = begun + took + max(CACHE_SECONDS, took / MAX_SHARE_OF_TIME)
        return {**self._stored, **self._of_process()}

    def _of_process(self) -> Values:
        tools, now = self.tools, asyncio.get_running_loop().time()
        return {
            SENDER_USABLE: {
                (route.name,): float(route.standing.breaker.blocked_until <= now) for route in tools.routes
            },
            PROBLEMS: {(): float(len(tools.notices.current))},
            TICKER_SILENCE: {(): tools.pulse.silence(steady())},
        }

    async def _of_database(self) -> Values:
        tools, now = self.tools, self.tools.clock()
        try:
            stored = {
                **await self._queue(now),
                **await self._jobs(),
                SOURCES_FAILING: await self._failing_sources(),
            }
        except StoreError:
            return {DATABASE_UP: {(): 0.0}}
        slots = {
            (one.name,): next_slots(one.schedule, one.timezone, now, 1) for one in tools.settings.newsletters
        }
        due: dict[tuple[str, ...], float] = {
            labels: found[0].due.timestamp() for labels, found in slots.items() if found
        }
        return {**stored, NEXT_SLOT: due, DATABASE_UP: {(): 1.0}}

    async def _queue(self, now: datetime) -> Values:
        found = await depth(self.tools.db, now)
        names = {*found, *(one.name for one in self.tools.settings.newsletters)}
        queue: dict[tuple[str, ...], float] = {}
        editions: dict[tuple[str, ...], float] = {}
        oldest: dict[tuple[str, ...], float] = {}
        for name in sorted(names):
            one = found.get(name)
            for state in ("due", "waiting", "in_flight", "paused"):
                queue[name, state] = float(getattr(one, state, 0))
            editions[name, "sending"] = float(one.sending_editions if one else 0)
            editions[name, "paused"] = float(one.paused_editions if one else 0)
            oldest[name,] = (now - one.oldest).total_seconds() if one and one.oldest else 0.0
        return {QUEUE: queue, OPEN_EDITIONS: editions, OLDEST_SECONDS: oldest}

    async def _jobs(self) -> Values:
        if self.tools.db.dialect == "sqlite":
            return {}
        counts, known = await overview.counts(self.tools.db), await machines.list_(self.tools.db)
        jobs: dict[tuple[str, ...], float] = {
            (kind, state): float(counts.get(kind, {}).get(state, 0))
            for kind in {*counts, *KINDS}
            for state in overview.STATES.values()
        }
        return {JOBS: jobs, MACHINES: {(): float(sum(one.alive for one in known))}}

    async def _failing_sources(self) -> dict[tuple[str, ...], float]:
        sources = self.tools.settings.sources
        states = await source_store.states(self.tools.db, list(sources))
        failing = Counter(
            sources[key].kind for key, state in states.items() if state.failures or state.disabled
        )
        return {(kind,): float(failing[kind]) for kind in {source.kind for source in sources.values()}}
