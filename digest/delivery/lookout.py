"""The lookout knows which editions are open, closes those that are done, and notices processes that are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.delivery.owners import Watch
from digest.delivery.parcels import MessageMaker
from digest.delivery.progress import Meter
from digest.delivery.retry import Rules
from digest.errors import DigestError
from digest.model import Edition, EditionStatus
from digest.store import canaries, deliveries, editions, holders, lifecycle
from digest.store.database import Database

log = logging.getLogger("digest")


@dataclass(frozen=True, slots=True)
class Open:
    """An edition that is being sent: how its copies are made, and its rules."""

    edition: Edition
    make: MessageMaker
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What bounds the work on every edition; `hold` names the newsletters whose doubts are left to a person."""

    lease: timedelta
    attempts: int
    hold: Collection[str]
    only: int | None  # one edition's id; None for all
    watch: Watch


class Lookout:
    """Looks at the ledger from time to time, for one owner."""

    def __init__(
        self,
        db: Database,
        copies: Callable[[Edition], MessageMaker],
        policy: Policy,
        *,
        owner: str,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.open: dict[int, Open] = {}
        self.exhausted: set[int] = set()  # editions of which the last claim brought nothing
        self.problems: dict[str, None] = {}  # in their order, each once
        self._db, self._copies, self._policy, self._clock = db, copies, policy, clock
        self._owner, self._meter = owner, meter
        self._left: set[int] = set()  # editions taken out of our hands, to which rows may still come back

    async def look(self) -> set[int]:
        """Bring `open` up to date; return the editions of which nothing more may be sent."""
        now = self._clock()
        async with self._db.connect() as conn:
            canary = await canaries.due(conn, now)
            sending = await editions.sending(conn, self._policy.only)
            held = await holders.holders(conn)
        if canary:
            for edition_id in canary:
                await canaries.judge(self._db, edition_id)
            async with self._db.connect() as conn:
                sending = await editions.sending(conn, self._policy.only)
        over = {edition_id for edition_id, deadline in sending if deadline is not None and now >= deadline}
        live = [edition_id for edition_id, _ in sending if edition_id not in over]
        gone = self.open.keys() - set(live)
        for edition_id in gone:
            del self.open[edition_id]
        self._left |= gone
        for edition_id in live:
            if edition_id not in self.open:
                await self._begin(edition_id)
        await self._recover(held, over)
        await self._close(over, now)
        return gone

    async def _begin(self, edition_id: int) -> None:
        edition = await editions.get(self._db, edition_id)
        if edition is None:
            return
        try:
            make = self._copies(edition)
        except DigestError as error:
            self.problems[f"edition {edition.name} cannot be sent: {error}"] = None
            return
        resend = edition.newsletter not in self._policy.hold
        rules = Rules(attempts=self._policy.attempts, resend=resend, deadline=edition.deadline)
        if self._meter.shown:
            self._meter.add(await editions.tally(self._db, edition_id))
        self.open[edition_id] = Open(edition, make, rules)
        self._left.discard(edition_id)

    async def _recover(self, held: Collection[holders.Holder], over: Collection[int]) -> None:
        """Take back what processes that are gone had in hand; a paused edition's waits until it is resumed."""
        for holder in self._policy.watch.gone(held, self._owner, asyncio.get_running_loop().time()):
            opened = self.open.get(holder.edition_id)
            ended = holder.status is EditionStatus.CANCELLED or holder.edition_id in over
            if not (opened or ended):
                continue
            resend = opened.rules.resend if opened else False
            async with self._db.begin() as conn:
                doubts = await holders.recover(conn, holder, resend=resend, now=self._clock())
            if not opened:
                self._left.add(holder.edition_id)
            log.warning("a process that was delivering is gone; %d readers may have had their copy", doubts)

    async def _close(self, over: set[int], now: datetime) -> None:
        """Close editions that have nothing open any more; give up the rest of those whose time is over."""
        for edition_id in over | (self.exhausted & self.open.keys()):
            async with self._db.begin() as conn:
                if edition_id in over:
                    await lifecycle.skip_rest(conn, edition_id, "the edition's deadline had passed", now)
                if await lifecycle.finish(conn, edition_id, now):
                    self.open.pop(edition_id, None)
        self.exhausted.clear()

    async def sweep(self) -> None:
        """Skip what came back to editions that were cancelled meanwhile."""
        if self._left:
            async with self._db.begin() as conn:
                await lifecycle.sweep(conn, self._left, self._clock())

    async def next_due(self) -> datetime | None:
        """Return when something of an open edition can be claimed next; None if nothing waits."""
        async with self._db.connect() as conn:
            return await deliveries.next_due(conn, list(self.open), self._clock())

    def exhaust(self) -> None:
        """Have the next look close whatever edition is complete."""
        self.exhausted |= self.open.keys()

    async def held_by_others(self) -> bool:
        """Tell whether other processes have rows of our open editions in hand."""
        async with self._db.connect() as conn:
            held = await holders.holders(conn)
        return any(one.edition_id in self.open and one.owner != self._owner for one in held)
