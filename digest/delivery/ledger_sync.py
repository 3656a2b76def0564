"""Keep the ledger in step with the workers: each sync writes results, marks copies and claims rows."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from digest.clock import Clock
from digest.delivery import outcomes, takeback
from digest.delivery.limits import shared_quotas
from digest.delivery.open_editions import OpenEditions
from digest.delivery.patience import Patience
from digest.delivery.pending_changes import PendingChanges
from digest.delivery.progress import Meter
from digest.delivery.queue.calls import Calls
from digest.delivery.queue.claimed import Claimed
from digest.delivery.queue.fleet import Fleet
from digest.delivery.queue.jobs import ReadyDelivery
from digest.delivery.queue.routes import SenderRoute
from digest.delivery.queue.sender_queue import SenderQueue
from digest.errors import StoreError, StoreGone
from digest.model import Delivery, Outcome
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.ledger import attempts, calls, claims, holders, refusals

log = logging.getLogger("digest")

SECONDS_BETWEEN_SYNCS = 0.04  # from one sync to the next while there is much to do
_chance = random.random  # jitter, not a secret
_LEASE_SAFETY_FRACTION = 0.8  # of a lease: after that long without a sign of life we act as if we had lost it


class LedgerSync:
    """Keeps the ledger of one run and fills its queues; the queues call `report`, the run calls everything else."""

    def __init__(
        self,
        db: Database,
        routes: Sequence[SenderRoute],
        open_editions: OpenEditions,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.wake = asyncio.Event()
        self.draining = False
        self.queues = [SenderQueue(route, self.report) for route in routes]
        self.fleet = Fleet(self.queues, open_editions.open)
        self._db, self._open_editions, self._owner = db, open_editions, owner
        self._lease, self._clock, self._meter = lease, clock, meter
        self._claimed = Claimed(db, open_editions, owner=owner, lease=lease, clock=clock, meter=meter)
        self._back: list[Delivery] = []  # to be put back with the next sync
        self._results: list[tuple[ReadyDelivery, Outcome]] = []
        self._at: Callable[[], float] = asyncio.get_running_loop().time
        self._renewed_at = self._at()
        self._patience = Patience()
        self.calls = Calls(db, self.queues, open_editions, owner=owner, lease=lease, clock=clock)
        self._orphans = False  # a commit that failed may have left rows claimed that we do not know of

    def report(self, ready: ReadyDelivery, outcome: Outcome) -> None:
        """Take what became of a copy; it is written with the next sync."""
        self._results.append((ready, outcome))
        self.wake.set()

    @property
    def busy(self) -> bool:
        """Tell whether anything is in hand."""
        queues = any(queue.busy or queue.judge.to_take_back for queue in self.queues)
        return bool(queues or self._claimed.rows or self._results or self._back)

    def usable_queue(self) -> SenderQueue | None:
        """Return the first sender that may be used now; None while each is broken or has to be left alone."""
        return next(iter(self.fleet.at_work(self._at(), self._clock().timestamp())), None)

    def rest(self) -> float:
        """Return the seconds for which the next sync would find nothing to do, unless a worker reports."""
        queue = self.usable_queue()
        if self._results or self._back or any(queue.judge.to_take_back for queue in self.queues):
            return 0.0
        if queue is None or not self._claimed.rows or queue.room() < 1:
            return math.inf
        return queue.pacer.wait(self._at(), self._clock().timestamp())

    def put_back(self, edition_id: int | None = None) -> None:
        """Put back, with the next sync, what is claimed and not yet being sent: of one edition, or of all."""
        self._back += self._claimed.give_up(edition_id)

    def recall(self) -> None:
        """Put back what is claimed, and what is marked and that no worker has taken up yet."""
        self.put_back()
        for queue in self.queues:
            self._take_back(queue)

    def _take_back(self, queue: SenderQueue, at: float = math.inf) -> None:
        """Put back what is marked and not taken up, and what a queue has put aside; with `at` only what is too old."""
        deliveries = queue.take_back(at=at)
        self.calls.forget |= {ready.call for ready in deliveries if ready.call}
        back = [ready.delivery for ready in deliveries]
        queue.pacer.take(-len(back), self._at(), self._clock().timestamp())
        self._back += back

    async def sync(self) -> None:
        """Write results and mark the next copies in one transaction, hand these out, and claim more rows.

        While the database fails nothing is sent; when it has failed for too long, StoreError.
        """
        at, wall = self._at(), self._clock().timestamp()
        if at - self._renewed_at > _LEASE_SAFETY_FRACTION * self._lease.total_seconds():
            self.recall()  # we stood still, and others may have taken it
        for queue in self.queues:
            queue.refresh()
            self._take_back(queue, math.inf if queue.opens_in(at, wall) else at)
        pending = PendingChanges(self._results, self._back, rows=self.fleet.rows())
        queues = {} if self.draining else self.fleet.at_work(at, wall)
        for queue, editions in queues.items():
            self._choose(queue, pending, at, editions)
        turned_away = len(pending.later)
        self._results, self._back = [], []
        try:
            await shared_quotas.keep_to(self._db, pending, at, wall)
            await self._write(pending, at)
            await self._take_rows_back(pending, at)
            if not self.draining:
                await self.calls.repeat(at, wall)
            pending = PendingChanges()  # nothing of it has to be done again
            await self._restock(queues, turned_away)
        except StoreError as error:
            self._undo(pending)
            await self.wait_out(error)
        except BaseException:
            self._undo(pending)  # the last sync of this run writes it
            raise

    def _undo(self, pending: PendingChanges) -> None:
        """Keep the changes of a failed sync for the next, which also puts back what a commit may have claimed."""
        self._results = pending.results + self._results
        self._back += pending.back + pending.to_mark + [delivery for delivery, _ in pending.later]
        for queue, row in pending.rows:
            queue.judge.to_take_back.append(row)
        self._claimed.rows.clear()
        self._orphans = True

    async def _write(self, pending: PendingChanges, at: float) -> None:
        """Write the changes of a sync in one transaction, and hand out what it marked."""
        now, dialect, owner, chosen = self._clock(), self._db.dialect, self._owner, pending.to_mark
        written = [
            outcomes.decide(outcome, ready.delivery, ready.rules, now=now, chance=_chance())
            for ready, outcome in pending.results
        ]
        self.calls.forget |= {ready.call for ready, _ in pending.results if ready.call}
        forget, made = set(self.calls.forget), self.calls.compose(pending.chosen)
        renew = at - self._renewed_at > self._lease.total_seconds() / 4
        changes = {
            "orphans": self._orphans and claims.releasing_claimed(owner),
            "results": written and attempts.recording(dialect, written, now=now),
            "suppressed": refusals.suppressing(dialect, written, now=now),
            "back": pending.back and claims.releasing(dialect, pending.back, owner),
            "later": pending.later and claims.postponing(dialect, pending.later, owner),
            "forget": self.calls.forgetting(),
            "calls": made and calls.recording(dialect, made),
            "chosen": chosen and claims.marking(dialect, chosen, owner),
            "renew": renew and holders.renewing(dialect, owner, now + self._lease),
        }
        wanted = {name: change for name, change in changes.items() if isinstance(change, Change)}
        met = dict(zip(wanted, await self._db.carry_out(list(wanted.values())), strict=True))
        self.calls.forgotten(forget)
        pending.results, pending.back, pending.later = [], [], []  # written, whatever happens to the rest
        self._patience.worked()
        self._orphans = False
        self._renewed_at = at if renew else self._renewed_at
        if chosen:
            mine = None if met["chosen"] == len(chosen) else await self._marked(chosen)
            if made and mine is not None:
                await self.calls.correct(pending.chosen, mine)
            for queue, deliveries in pending.chosen:
                self._hand_out(queue, deliveries, mine)
            pending.chosen = []
        self._count(written, late=len(written) - met.get("results", 0))

    async def _marked(self, chosen: Sequence[Delivery]) -> set[int]:
        """Return the ids of those that were marked: the others have left, or are another process's by now."""
        async with self._db.connect() as conn:
            return await claims.marked(conn, chosen, self._owner)

    def _choose(
        self, queue: SenderQueue, pending: PendingChanges, at: float, editions: Collection[int] | None
    ) -> None:
        """Choose what to mark now for a queue, and what its mailbox host wants later; of all editions, or of some."""
        now = self._clock()
        passed, chosen = list[Delivery](), list[Delivery]()
        granted = queue.grant(len(self._claimed.rows), at, now.timestamp())
        while self._claimed.rows and len(chosen) < granted:
            delivery = self._claimed.rows.popleft()
            if editions is not None and delivery.edition_id not in editions:
                passed.append(delivery)
            elif delay := queue.domains.delay(delivery.recipient.address, at):
                pending.later.append((delivery, now + timedelta(seconds=delay)))
            else:
                chosen.append(delivery)
        self._claimed.rows.extendleft(reversed(passed))
        queue.pacer.take(len(chosen) - granted, at, now.timestamp())
        if chosen:
            pending.chosen.append((queue, chosen))

    def _hand_out(self, queue: SenderQueue, chosen: Sequence[Delivery], mine: Collection[int] | None) -> None:
        """Give a queue what is marked for it; whatever is not goes back, and the next claim says why."""
        until, since = self._renewed_at + _LEASE_SAFETY_FRACTION * self._lease.total_seconds(), self._at()
        deliveries = []
        for delivery in chosen:
            opened = self._open_editions.open.get(delivery.edition_id)
            if opened and (mine is None or delivery.id in mine):
                key = self.calls.key(delivery)
                deliveries.append(ReadyDelivery(delivery, opened.make, opened.rules, until, since, key))
            else:
                self._back.append(delivery)
        if deliveries:
            queue.put(deliveries)

    async def _take_rows_back(self, pending: PendingChanges, at: float) -> None:
        while pending.rows:
            _, row = pending.rows[0]
            another = self.fleet.takes(row.edition_id, at, self._clock().timestamp())
            await takeback.take_back(self._db, row, lasts=at - row.since, now=self._clock(), another=another)
            pending.rows.pop(0)

    async def _restock(self, queues: Collection[SenderQueue], turned_away: int) -> None:
        if queues:
            least = max(2 * queue.stock.least for queue in queues)
            editions = self.fleet.deliverable(self._at())
            await self._claimed.restock(editions, least=least, turned_away=turned_away)

    def _count(self, written: Sequence[attempts.Result], *, late: int) -> None:
        for result in written:
            self._meter.moved(result.delivery, result.state, doubted=result.doubted)
        self._meter.tick(len(written), self._at())
        if late:
            log.warning("%d results came after other processes had taken these deliveries over", late)

    async def wait_out(self, error: StoreError) -> None:
        """Wait before the next try of a database that fails; raise StoreError if it has failed for too long."""
        if isinstance(error, StoreGone):
            self.recall()  # what is marked in a file that is not ours any more is not handed over
        await self._patience.wait_out(error, len(self._results))
