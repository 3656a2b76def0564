"""The timekeeper looks at the clocks, keeps what is believed of them in the database, and says when they are in doubt."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from datetime import datetime

from digest.clock import Clock, Steady, boot
from digest.model.amounts import spoken
from digest.store.db import meta
from digest.store.db.database import Database
from digest.timekeeping.judgement import PROOF_TIME, Belief, Mark, Reading, believed, judge

log = logging.getLogger("digest")

_TRUSTED_KEY = "clock_trusted"  # keys of `meta`: the last known moment,
_SUSPECT_KEY = "clock_suspect"  # and a time that has yet to prove itself, also over a restart
_SECONDS_BETWEEN_STORES = 60.0  # seconds


class Timekeeper:
    """One process's view of the clocks. Without a steady clock (a pretended time, a test) it believes the wall clock."""

    def __init__(self, db: Database, wall: Clock, steady: Steady | None) -> None:
        self._db, self._wall, self._steady = db, wall, steady
        self._belief = Belief()
        self.quiet = False  # where another process of this machine tells it
        self._one_at_a_time = asyncio.Lock()
        self._loaded, self._stored_at = False, float("-inf")

    @property
    def doubt(self) -> str:
        """Why nothing irrevocable may be done, as of the last look; "" if it may."""
        return self._belief.doubt

    def now(self) -> datetime:
        """Return the time to go by: a clock that jumps changes nothing before its new time has proven itself."""
        return believed(self._belief, self._mark()) if self._steady else self._wall()

    async def look(self) -> str:
        """Look at all clocks; return why nothing irrevocable may be done now, "" if it may. Raises StoreError."""
        if self._steady is None:
            return ""
        async with self._one_at_a_time:
            return await self._look()

    async def _look(self) -> str:
        before = self._belief
        reading = Reading(self._mark(), await meta.server_time(self._db))
        known = before
        if not self._loaded:
            known = await self._load()
            if known.trusted and known.trusted.boot == reading.now.boot:
                self._stored_at = known.trusted.ticks
        belief = judge(known, reading)
        if belief.doubt:  # another process may have seen the new time prove itself
            belief = judge(replace(await self._load(), suspect=belief.suspect), reading)
        self._belief, self._loaded = belief, True
        self._tell(before)
        await self._store(belief, known)
        return belief.doubt

    def _mark(self) -> Mark:
        assert self._steady is not None
        return Mark(self._wall(), self._steady(), boot())

    def _tell(self, before: Belief) -> None:
        doubt = self._belief.doubt
        if self.quiet:
            return
        if doubt and not before.doubt:
            log.warning(
                "%s. No edition is made or skipped and no reader given up until the clocks agree, or this time has "
                "gone on for up to %s",
                doubt,
                spoken(PROOF_TIME),
            )
        elif before.doubt and not doubt:
            log.warning("the time is believed again: %s UTC", self.now().isoformat(timespec="seconds"))

    async def _load(self) -> Belief:
        """Return what the database knows; the time that is suspected here stays so."""
        async with self._db.connect() as conn:
            trusted, suspect = await meta.get(conn, _TRUSTED_KEY), await meta.get(conn, _SUSPECT_KEY)
        return Belief(trusted=_mark(trusted), suspect=_reading(suspect) or self._belief.suspect)

    async def _store(self, belief: Belief, before: Belief) -> None:
        """Keep it for the next start; about once a minute, for each time costs a commit."""
        at = self._mark().ticks
        suspected = belief.suspect != before.suspect
        if not suspected and (belief.doubt or at - self._stored_at < _SECONDS_BETWEEN_STORES):
            return
        async with self._db.begin() as conn:
            if belief.trusted and not belief.doubt:
                await meta.put(conn, _TRUSTED_KEY, json.dumps(_words(belief.trusted)))
            if belief.suspect:
                lead = {"server": belief.suspect.server.isoformat() if belief.suspect.server else ""}
                await meta.put(conn, _SUSPECT_KEY, json.dumps(_words(belief.suspect.now) | lead))
            else:  # in whatever process it was suspected: a later jump has to prove itself again
                await meta.drop(conn, _SUSPECT_KEY)
        self._stored_at = at


def _words(mark: Mark) -> dict[str, str | float]:
    return {"wall": mark.wall.isoformat(), "ticks": mark.ticks, "boot": mark.boot}


def _mark(text: str | None) -> Mark | None:
    if not text:
        return None
    said = json.loads(text)
    return Mark(datetime.fromisoformat(said["wall"]), said["ticks"], said["boot"])


def _reading(text: str | None) -> Reading | None:
    mark = _mark(text)
    if not text or mark is None:
        return None
    server = json.loads(text)["server"]
    return Reading(mark, datetime.fromisoformat(server) if server else None)
