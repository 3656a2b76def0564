"""Keep the ledger in step with the workers: each sync plans what to change, writes it, and hands out what is marked."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from digest.delivery.context import Context
from digest.delivery.editions.open_editions import OpenEditions
from digest.delivery.ledger.calls import Calls
from digest.delivery.ledger.claiming import claim
from digest.delivery.ledger.in_hand import InHand
from digest.delivery.ledger.patience import Patience
from digest.delivery.ledger.plan import Offer, Plan, plan, to_claim
from digest.delivery.ledger.repeats import Repeats
from digest.delivery.ledger.takeback import take_back
from digest.delivery.ledger.writer import Writer
from digest.delivery.limits import shared_quotas
from digest.delivery.limits.route import SenderRoute
from digest.delivery.limits.streaks import Row
from digest.delivery.moment import Moment
from digest.delivery.queue.fleet import Fleet
from digest.delivery.queue.jobs import ReadyDelivery
from digest.delivery.queue.sender_queue import SenderQueue
from digest.errors import StoreError, StoreGone
from digest.model import Outcome

SECONDS_BETWEEN_SYNCS = 0.04  # from one sync to the next while there is much to do


class LedgerSync:
    """Keeps the ledger of one run and fills its queues; the queues call `report`, the run calls everything else."""

    def __init__(self, context: Context, routes: Sequence[SenderRoute], open_editions: OpenEditions) -> None:
        self.wake = asyncio.Event()
        self.draining = False
        self.queues = [SenderQueue(route, self.report) for route in routes]
        self.fleet = Fleet(self.queues, open_editions.open)
        self.calls = Calls(context, self.queues, open_editions.open)
        self.repeats = Repeats(context, self.calls, open_editions.open)
        self._context, self._open_editions = context, open_editions
        self._hand = InHand()
        self._rows: list[Row] = []  # answers that are taken back, once their results are written
        self._writer = Writer(context, self.calls)
        self._patience = Patience()
        self._by_name = {queue.name: queue for queue in self.queues}

    # --- what is in hand --------------------------------------------------------------------------------------

    def report(self, ready: ReadyDelivery, outcome: Outcome) -> None:
        """Take what became of a copy; it is written with the next sync."""
        self._hand.results.append((ready, outcome))
        self.wake.set()

    @property
    def busy(self) -> bool:
        """Tell whether anything is in hand, or may be without our knowledge."""
        return bool(self._hand.busy or self._to_take_back or any(queue.busy for queue in self.queues))

    @property
    def _to_take_back(self) -> bool:
        return bool(self._rows or any(queue.limits.judge.to_take_back for queue in self.queues))

    def rest(self, now: Moment) -> float:
        """Return the seconds for which the next sync would find nothing to do, unless a worker reports."""
        if self._hand.pressing or self._to_take_back:
            return 0.0
        queue = next(iter(self.fleet.at_work(now)), None)
        if queue is None or not self._hand.claimed or queue.room() < 1:
            return math.inf
        return queue.limits.pacer.wait(now)

    def put_back(self, edition_id: int | None = None) -> None:
        """Put back, with the next sync, what is claimed and not yet being sent: of one edition, or of all."""
        self._hand.put_back(edition_id)

    def release_unknown_claims(self) -> None:
        """Put back, with the next sync, whatever the ledger says that we have claimed."""
        self._hand.put_back()
        self._hand.unknown_claims = True

    def recall(self, now: Moment) -> None:
        """Put back what is claimed, and what is marked and that no worker has taken up yet."""
        self.put_back()
        for queue in self.queues:
            self._take_back(queue, now)

    def _take_back(self, queue: SenderQueue, now: Moment, *, marked_before: float = math.inf) -> None:
        """Put back what is marked and not taken up, and what a queue has put aside."""
        deliveries = queue.take_back(at=marked_before)
        self.calls.finished |= {ready.call for ready in deliveries if ready.call}
        queue.limits.pacer.take(-len(deliveries), now)
        self._hand.back += [ready.delivery for ready in deliveries]

    # --- one sync ---------------------------------------------------------------------------------------------

    async def sync(self, now: Moment) -> None:
        """Write results and mark the next copies in one transaction, hand these out, and claim more rows.

        While the database fails nothing is sent; when it has failed for too long, StoreError.
        """
        self._freshen(now)
        self._measure()
        senders = {} if self.draining else self.fleet.at_work(now)
        todo = self._plan(senders, now)
        turned_away = len(todo.later)
        try:
            todo = await self._within_quotas(todo, now)
            marked = await self._writer.write(todo, now)
            todo = Plan(marks=todo.marks)  # the rest is written, whatever happens now
            self._patience.worked()
            await self._hand_out(todo, marked)
            todo = Plan()
            await self._take_rows_back(now)
            if not self.draining:
                await self.repeats.make_due(now)
            await self._restock(senders, turned_away, now)
        except StoreError as error:
            self._keep(todo)
            await self.wait_out(error)
        except BaseException:
            self._keep(todo)  # the last sync of this run writes it
            raise

    def _measure(self) -> None:
        opened = self._open_editions.open.items()
        newsletters = {edition_id: one.edition.newsletter for edition_id, one in opened}
        for queue in self.queues:
            queue.answers.measure(queue.name, newsletters, self._context.hooks.measures)

    def _freshen(self, now: Moment) -> None:
        """Put back what waited for too long, or may have been taken over by others."""
        if now.at > self._writer.safe_until:
            self.recall(now)  # we stood still
        for queue in self.queues:
            queue.refresh()
            self._take_back(queue, now, marked_before=math.inf if queue.limits.opens_in(now) else now.at)

    def _plan(self, senders: Mapping[SenderQueue, Collection[int] | None], now: Moment) -> Plan:
        """Plan a sync, and take what it is about out of hand."""
        hand, claimed = self._hand, len(self._hand.claimed)
        offers = [
            Offer(
                queue.name, queue.grant(claimed, now), editions, partial(queue.limits.hosts.delay, at=now.at)
            )
            for queue, editions in senders.items()
        ]
        renew = self._writer.renewal_is_due(now)
        made, stay = plan(hand, offers, now, renew=renew, chance=random.random)
        for queue, offer in zip(senders, offers, strict=True):
            queue.limits.pacer.take(len(made.marks.get(queue.name, ())) - offer.room, now)
        self._rows += self.fleet.rows()
        self._hand = InHand(claimed=deque(stay))
        return made

    async def _within_quotas(self, todo: Plan, now: Moment) -> Plan:
        """Return the plan without what is more than the senders' long rates allow to all processes together."""
        for name, chosen in todo.marks.items():
            pacer = self._by_name[name].limits.pacer
            excess = await shared_quotas.settle(self._context.db, name, pacer, len(chosen), now)
            todo = todo.without(name, excess)
        return todo

    async def _hand_out(self, todo: Plan, marked: int) -> None:
        """Give each queue what is marked for it; what is not marked goes back, and the next claim says why."""
        mine = None  # all of it, as nearly always
        if marked < len(todo.marked):
            mine = await self._writer.marked(todo)
            await self.calls.correct(todo.marks, mine)
        until, since = self._writer.safe_until, self._context.at()
        for name, chosen in todo.marks.items():
            ready = []
            for one in chosen:
                opened = self._open_editions.open.get(one.edition_id)
                if opened and (mine is None or one.id in mine):
                    key = self.calls.key(one)
                    ready.append(ReadyDelivery(one, opened.make, opened.rules, until, since, key))
                else:
                    self._hand.back.append(one)
            if ready:
                self._by_name[name].put(ready)

    async def _take_rows_back(self, now: Moment) -> None:
        while self._rows:
            another = self.fleet.takes(self._rows[0].edition_id, now)
            await take_back(self._context.db, self._rows[0], now, another=another)
            self._rows.pop(0)

    async def _restock(self, senders: Collection[SenderQueue], turned_away: int, now: Moment) -> None:
        if not senders:
            return
        wanted = to_claim(
            self.fleet.deliverable(now.at),
            claimed=len(self._hand.claimed),
            least=max(2 * queue.stock.least for queue in senders),
            pace=self._context.meter.pace,
            turned_away=turned_away,
        )
        self._open_editions.exhausted |= await claim(self._context, wanted, self._hand, now)

    def _keep(self, todo: Plan) -> None:
        """Keep for the next sync what a failed one has not written; rows may be claimed that we do not know of."""
        self._hand.results = [*todo.reported, *self._hand.results]
        self._hand.back += todo.undone
        self._hand.claimed.clear()
        self._hand.unknown_claims = True

    async def wait_out(self, error: StoreError) -> None:
        """Wait before the next try of a database that fails; raise StoreError if it has failed for too long."""
        if isinstance(error, StoreGone):
            self.recall(
                self._context.now()
            )  # what is marked in a file that is not ours any more is not handed over
        await self._patience.wait_out(error, len(self._hand.results))
