"""Know which editions are open, and look after them: canaries, deadlines, dead processes, what is complete."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from digest.delivery.context import Context
from digest.delivery.editions.closing import Closing
from digest.delivery.editions.opened import Findings, Opened
from digest.delivery.editions.recovery import Recovery
from digest.delivery.moment import Moment
from digest.delivery.outcomes import Rules
from digest.delivery.queue.jobs import MessageMaker
from digest.errors import DigestError
from digest.model import Edition
from digest.store.editions import canaries, deliveries, editions, lifecycle
from digest.store.ledger import claims, leases

#: An edition's id and its deadline.
Sending = tuple[int, datetime | None]


class OpenEditions:
    """Looks at the ledger from time to time, for one run."""

    def __init__(self, context: Context, copies: Callable[[Edition], MessageMaker]) -> None:
        self.open: dict[int, Opened] = {}
        self.exhausted: set[int] = set()  # editions of which the last claim brought nothing
        self.findings = Findings()
        self.next_due_at: datetime | None = None  # when something can be claimed next, at the last look
        self.recovery = Recovery(context, self.open)
        self.closing = Closing(context, self.open, self.findings)
        self._context, self._db, self._copies = context, context.db, copies

    async def refresh(self) -> set[int]:
        """Bring `open` up to date; return the editions of which nothing more may be sent."""
        sending, held = await self._read()
        over, waiting = await self._over(sending)
        live = [edition_id for edition_id, _ in sending if edition_id not in over | waiting]
        gone = self.open.keys() - set(live)
        for edition_id in gone:
            del self.open[edition_id]
        for edition_id in live:
            if edition_id not in self.open and not await self._waits(edition_id, held):
                await self._begin(edition_id)
        await self.recovery.recover(held, over)
        await self._close(over)
        await self.sweep()
        return gone

    async def _read(self) -> tuple[Sequence[Sending], list[leases.Holder]]:
        """Return the editions that are being sent, with the canaries judged that are due, and who holds rows."""
        only = self._context.policy.edition_id
        async with self._db.connect() as conn:
            due = await canaries.due(conn, self._context.now().wall)
            sending = await editions.sending(conn, only)
            held = await leases.holders(conn)
        if due:
            for edition_id in due:
                await canaries.judge(self._db, edition_id)
            async with self._db.connect() as conn:
                sending = await editions.sending(conn, only)
        return sending, held

    async def _over(self, sending: Sequence[Sending]) -> tuple[set[int], set[int]]:
        """Return the editions whose deadline has passed, and those of which only a clock in doubt says so.

        The latter are neither sent nor given up until the clock is believed.
        """
        if passed := _passed(sending, self._context.now().wall):
            if doubt := await self._context.hooks.doubt():
                self.findings.problems[f"{doubt}; an edition whose deadline seems to have passed waits"] = (
                    None
                )
                return set(), passed
            passed = _passed(sending, self._context.now().wall)  # the look may have mended the clock
        return passed, set()

    async def _waits(self, edition_id: int, held: Collection[leases.Holder]) -> bool:
        """Tell whether an edition's next mail is due later than this run lasts: readers wait for their hour."""
        if any(holder.edition_id == edition_id for holder in held):
            return False
        now = self._context.now().wall
        async with self._db.connect() as conn:
            due = await deliveries.next_due(conn, [edition_id], now)
        if due is None or due - now <= self._context.policy.wait:
            return False
        self.next_due_at = min(filter(None, (self.next_due_at, due)))
        return True

    async def _begin(self, edition_id: int) -> None:
        edition = await editions.with_variants(self._db, edition_id)
        if edition is None:
            return
        try:
            make = self._copies(edition)
        except DigestError as error:
            self.findings.problems[f"edition {edition.name} cannot be sent: {error}"] = None
            return
        policy, meter = self._context.policy, self._context.meter
        resend = edition.newsletter not in policy.hold
        rules = Rules(attempts=policy.attempts, resend=resend, deadline=edition.deadline)
        if meter.shown:
            meter.add(await editions.tally(self._db, edition_id))
        self.open[edition_id] = Opened(edition, make, rules)

    async def _close(self, over: set[int]) -> None:
        now = self._context.now().wall
        for edition_id in over | (self.exhausted & self.open.keys()):
            await self.closing.close(edition_id, now, over=edition_id in over)
        self.exhausted.clear()

    async def sweep(self) -> None:
        """Skip what came back to editions that were cancelled."""
        async with self._db.connect() as conn:
            left = await lifecycle.unswept(conn)
        if left:
            async with self._db.begin() as conn:
                await lifecycle.sweep(conn, left, self._context.now().wall)

    # --- what is left ---------------------------------------------------------------------------------------

    async def due_in(self, edition_ids: Collection[int], now: Moment) -> float:
        """Return the seconds until something of these editions can be claimed; infinity if nothing waits."""
        async with self._db.connect() as conn:
            self.next_due_at = await deliveries.next_due(conn, list(edition_ids), now.wall)
        return (self.next_due_at - now.wall).total_seconds() if self.next_due_at else math.inf

    async def held(self) -> tuple[bool, bool]:
        """Tell whether other processes have rows of our open editions in hand, and whether we have claimed any."""
        owner = self._context.owner
        async with self._db.connect() as conn:
            held = await leases.holders(conn)
            ours = any(one.owner == owner for one in held) and await claims.any_claimed(conn, owner)
        return any(one.edition_id in self.open and one.owner != owner for one in held), ours

    def exhaust(self) -> None:
        """Have the next look close whatever edition is complete."""
        self.exhausted |= self.open.keys()

    def leave(self) -> None:
        """Have the next run of this process take over what this one leaves, without waiting for its lease."""
        self._context.watch.over(self._context.owner)


def _passed(sending: Sequence[Sending], now: datetime) -> set[int]:
    return {edition_id for edition_id, deadline in sending if deadline is not None and now >= deadline}
