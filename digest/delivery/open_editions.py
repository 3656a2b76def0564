"""Know which editions are open, close those that are done, and recover rows of processes that are gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.delivery.liveness import LivenessTracker
from digest.delivery.outcomes import Rules
from digest.delivery.progress import Meter
from digest.delivery.queue.jobs import MessageMaker
from digest.errors import DigestError
from digest.model import Edition, EditionStatus
from digest.store.db.database import Database
from digest.store.editions import canaries, deliveries, editions, lifecycle
from digest.store.ledger import claims, holders, undo
from digest.terminal import counted

log = logging.getLogger("digest")


@dataclass(frozen=True, slots=True)
class Open:
    """An edition that is being sent: how its copies are made, and its rules."""

    edition: Edition
    make: MessageMaker
    rules: Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What bounds the work on every edition; `hold` names the newsletters whose unknown outcomes are left to a person."""

    lease: timedelta
    attempts: int
    hold: Collection[str]
    only: int | None  # one edition's id; None for all
    watch: LivenessTracker
    doubt: Callable[[], Awaitable[str]]  # why the clock cannot be believed now, "" if it can


class OpenEditions:
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
        self.problems: dict[str, None] = {}  # what lasts, in its order, each once
        self.events: list[str] = []  # what has happened that a person should know
        self.reached_nobody: list[str] = []  # names of editions
        # Takes over calls that can be repeated.
        self.adopt: Callable[[holders.Holder], Awaitable[None]] = _leave
        # Whether the sender was the cause of refusing every reader.
        self.all_alike: Callable[[int], bool] = lambda _: False
        self._db, self._copies, self._policy, self._clock = db, copies, policy, clock
        self._owner, self._meter = owner, meter

    async def refresh(self) -> set[int]:
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
        over, waiting = await self._over(sending)
        now = self._clock()
        live = [edition_id for edition_id, _ in sending if edition_id not in over | waiting]
        gone = self.open.keys() - set(live)
        for edition_id in gone:
            del self.open[edition_id]
        for edition_id in live:
            if edition_id not in self.open:
                await self._begin(edition_id)
        await self._recover(held, over)
        await self._close(over, now)
        await self.sweep()
        return gone

    async def _over(self, sending: Sequence[tuple[int, datetime | None]]) -> tuple[set[int], set[int]]:
        """Return the editions whose deadline has passed, and those of which only a clock in doubt says so.

        The latter are neither sent nor given up until the clock is believed.
        """
        if passed := _passed(sending, self._clock()):
            if doubt := await self._policy.doubt():
                self.problems[f"{doubt}; an edition whose deadline seems to have passed waits"] = None
                return set(), passed
            passed = _passed(sending, self._clock())  # the look may have mended the clock
        return passed, set()

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

    async def _recover(self, held: Collection[holders.Holder], over: Collection[int]) -> None:
        """Take back what processes that are gone had in hand, also of editions that may not be sent now."""
        for holder in self._policy.watch.gone(held, self._owner, asyncio.get_running_loop().time()):
            opened = self.open.get(holder.edition_id)
            if holder.status is EditionStatus.SENDING and not opened and holder.edition_id not in over:
                continue  # another run's, or one that this configuration knows no policy for
            goes_on = opened is not None or holder.status is EditionStatus.PAUSED
            resend = goes_on and holder.newsletter not in self._policy.hold
            await self.adopt(holder)
            async with self._db.begin() as conn:
                doubts = await holders.recover(conn, holder, resend=resend, now=self._clock())
            log.warning(
                "%s: a process that was delivering is gone; %d readers may have had their copy",
                holder.edition,
                doubts,
            )

    async def _close(self, over: set[int], now: datetime) -> None:
        """Close editions that have nothing open any more; give up the rest of those whose time is over."""
        for edition_id in over | (self.exhausted & self.open.keys()):
            given_up = 0
            async with self._db.begin() as conn:
                if edition_id in over:
                    given_up = await lifecycle.skip_rest(conn, edition_id, lifecycle.DEADLINE, now)
                closed = await lifecycle.finish(conn, edition_id, now)
                if closed and not await self._goes_on(conn, edition_id, over=edition_id in over):
                    self.open.pop(edition_id, None)
            if given_up:
                await self._tell_given_up(edition_id, given_up)
        self.exhausted.clear()

    async def _tell_given_up(self, edition_id: int, n: int) -> None:
        """Say that readers do not get an edition because it took too long."""
        if edition := await editions.get(self._db, edition_id):
            words = (
                f"{edition.name}: its deadline has passed, and {counted(n, 'reader')} did not get it; "
                f'"digest deliveries retry {edition.name} --state skipped" sends it to them after all'
            )
            self.events.append(words)

    async def _goes_on(self, conn: claims.Connection, edition_id: int, *, over: bool) -> bool:
        """Hold an edition that is done and has reached nobody; True if it was the sender, and the edition goes on."""
        refused = await undo.reached_nobody(conn, edition_id)
        if not refused:
            return False
        if not over and self.all_alike(edition_id):
            await undo.go_on(conn, edition_id)
            return True
        reason = f"it reached nobody: every mail was refused ({counted(refused, 'reader')})"
        await undo.hold(conn, edition_id, reason)
        if opened := self.open.get(edition_id):
            self.reached_nobody.append(opened.edition.name)
            self.problems[f"edition {opened.edition.name} is held: {reason}"] = None
        return False

    async def sweep(self) -> None:
        """Skip what came back to editions that were cancelled."""
        async with self._db.connect() as conn:
            left = await lifecycle.unswept(conn)
        if left:
            async with self._db.begin() as conn:
                await lifecycle.sweep(conn, left, self._clock())

    async def next_due(self, edition_ids: Collection[int]) -> datetime | None:
        """Return when something of these editions can be claimed next; None if nothing waits."""
        async with self._db.connect() as conn:
            return await deliveries.next_due(conn, list(edition_ids), self._clock())

    def leave(self) -> None:
        """Have the next run of this process take over what this one leaves, without waiting for its lease."""
        self._policy.watch.over(self._owner)

    def exhaust(self) -> None:
        """Have the next look close whatever edition is complete."""
        self.exhausted |= self.open.keys()

    async def held_by_others(self) -> bool:
        """Tell whether other processes have rows of our open editions in hand."""
        async with self._db.connect() as conn:
            held = await holders.holders(conn)
        return any(one.edition_id in self.open and one.owner != self._owner for one in held)


def _passed(sending: Sequence[tuple[int, datetime | None]], now: datetime) -> set[int]:
    return {edition_id for edition_id, deadline in sending if deadline is not None and now >= deadline}


async def _leave(holder: holders.Holder) -> None:
    """Take over nothing."""
