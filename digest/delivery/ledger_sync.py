"""The clerk keeps the ledger for the workers: each of its turns writes results, marks copies and claims rows."""

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
from digest.delivery.pending_changes import Hand
from digest.delivery.progress import Meter
from digest.delivery.queue.calls import Calls
from digest.delivery.queue.claimed import Claimed
from digest.delivery.queue.fleet import Fleet
from digest.delivery.queue.lanes import Lane
from digest.delivery.queue.parcels import ReadyDelivery
from digest.delivery.queue.routes import SenderRoute
from digest.errors import StoreError, StoreGone
from digest.model import Delivery, Outcome
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.ledger import attempts, calls, claims, holders, refusals

log = logging.getLogger("digest")

TURN = 0.04  # seconds from one turn to the next while there is much to do
_chance = random.random  # jitter, not a secret
_SAFE = 0.8  # of a lease: after that long without a sign of life we act as if we had lost it


class LedgerSync:
    """Keeps the ledger of one run, and its lanes ready; they call `report`, the engine everything else, call by call."""

    def __init__(
        self,
        db: Database,
        routes: Sequence[SenderRoute],
        lookout: OpenEditions,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.wake = asyncio.Event()
        self.draining = False
        self.lanes = [Lane(route, self.report) for route in routes]
        self.fleet = Fleet(self.lanes, lookout.open)
        self._db, self._lookout, self._owner = db, lookout, owner
        self._lease, self._clock, self._meter = lease, clock, meter
        self._claimed = Claimed(db, lookout, owner=owner, lease=lease, clock=clock, meter=meter)
        self._back: list[Delivery] = []  # to be put back with the next turn
        self._results: list[tuple[ReadyDelivery, Outcome]] = []
        self._at: Callable[[], float] = asyncio.get_running_loop().time
        self._renewed_at = self._at()
        self._patience = Patience()
        self.calls = Calls(db, self.lanes, lookout, owner=owner, lease=lease, clock=clock)
        self._orphans = False  # a commit that failed may have left rows claimed that we do not know of

    def report(self, parcel: ReadyDelivery, outcome: Outcome) -> None:
        """Take what became of a copy; it is written with the next turn."""
        self._results.append((parcel, outcome))
        self.wake.set()

    @property
    def busy(self) -> bool:
        """Tell whether anything is in hand."""
        lanes = any(lane.busy or lane.judge.to_take_back for lane in self.lanes)
        return bool(lanes or self._claimed.rows or self._results or self._back)

    def lane(self) -> Lane | None:
        """Return the first sender that may be used now; None while each is broken or has to be left alone."""
        return next(iter(self.fleet.at_work(self._at(), self._clock().timestamp())), None)

    def rest(self) -> float:
        """Return the seconds for which the next turn would find nothing to do, unless a worker reports."""
        lane = self.lane()
        if self._results or self._back or any(lane.judge.to_take_back for lane in self.lanes):
            return 0.0
        if lane is None or not self._claimed.rows or lane.room() < 1:
            return math.inf
        return lane.pacer.wait(self._at(), self._clock().timestamp())

    def put_back(self, edition_id: int | None = None) -> None:
        """Put back, with the next turn, what is claimed and not yet being sent: of one edition, or of all."""
        self._back += self._claimed.give_up(edition_id)

    def recall(self) -> None:
        """Put back what is claimed, and what is marked and that no worker has taken up yet."""
        self.put_back()
        for lane in self.lanes:
            self._take_back(lane)

    def _take_back(self, lane: Lane, at: float = math.inf) -> None:
        """Put back what is marked and not taken up, and what a lane has put aside; with `at` only what is too old."""
        parcels = lane.take_back(at=at)
        self.calls.forget |= {parcel.call for parcel in parcels if parcel.call}
        back = [parcel.delivery for parcel in parcels]
        lane.pacer.take(-len(back), self._at(), self._clock().timestamp())
        self._back += back

    async def turn(self) -> None:
        """Write results and mark the next copies in one transaction, hand these out, and claim more rows.

        While the database fails nothing is sent; when it has failed for too long, StoreError.
        """
        at, wall = self._at(), self._clock().timestamp()
        if at - self._renewed_at > _SAFE * self._lease.total_seconds():
            self.recall()  # we stood still, and others may have taken it
        for lane in self.lanes:
            lane.look()
            self._take_back(lane, math.inf if lane.opens_in(at, wall) else at)
        hand = Hand(self._results, self._back, rows=self.fleet.rows())
        lanes = {} if self.draining else self.fleet.at_work(at, wall)
        for lane, editions in lanes.items():
            self._choose(lane, hand, at, editions)
        turned_away = len(hand.later)
        self._results, self._back = [], []
        try:
            await shared_quotas.keep_to(self._db, hand, at, wall)
            await self._write(hand, at)
            await self._take_rows_back(hand, at)
            if not self.draining:
                await self.calls.repeat(at, wall)
            hand = Hand()  # nothing of it has to be done again
            await self._restock(lanes, turned_away)
        except StoreError as error:
            self._undo(hand)
            await self.bear(error)
        except BaseException:
            self._undo(hand)  # the last turn of this run will see to it
            raise

    def _undo(self, hand: Hand) -> None:
        """Take back what a turn had taken up; what a commit may have claimed all the same is put back later."""
        self._results = hand.results + self._results
        self._back += hand.back + hand.to_mark + [delivery for delivery, _ in hand.later]
        for lane, row in hand.rows:
            lane.judge.to_take_back.append(row)
        self._claimed.rows.clear()
        self._orphans = True

    async def _write(self, hand: Hand, at: float) -> None:
        """Write down what a turn has taken up, and hand out what is marked now."""
        now, dialect, owner, chosen = self._clock(), self._db.dialect, self._owner, hand.to_mark
        written = [
            outcomes.decide(outcome, parcel.delivery, parcel.rules, now=now, chance=_chance())
            for parcel, outcome in hand.results
        ]
        self.calls.forget |= {parcel.call for parcel, _ in hand.results if parcel.call}
        forget, made = set(self.calls.forget), self.calls.compose(hand.chosen)
        renew = at - self._renewed_at > self._lease.total_seconds() / 4
        changes = {
            "orphans": self._orphans and claims.releasing_claimed(owner),
            "results": written and attempts.recording(dialect, written, now=now),
            "suppressed": refusals.suppressing(dialect, written, now=now),
            "back": hand.back and claims.releasing(dialect, hand.back, owner),
            "later": hand.later and claims.postponing(dialect, hand.later, owner),
            "forget": self.calls.forgetting(),
            "calls": made and calls.recording(dialect, made),
            "chosen": chosen and claims.marking(dialect, chosen, owner),
            "renew": renew and holders.renewing(dialect, owner, now + self._lease),
        }
        wanted = {name: change for name, change in changes.items() if isinstance(change, Change)}
        met = dict(zip(wanted, await self._db.carry_out(list(wanted.values())), strict=True))
        self.calls.forgotten(forget)
        hand.results, hand.back, hand.later = [], [], []  # these are done, whatever happens to the rest
        self._patience.worked()
        self._orphans = False
        self._renewed_at = at if renew else self._renewed_at
        if chosen:
            mine = None if met["chosen"] == len(chosen) else await self._marked(chosen)
            if made and mine is not None:
                await self.calls.correct(hand.chosen, mine)
            for lane, deliveries in hand.chosen:
                self._hand_out(lane, deliveries, mine)
            hand.chosen = []
        self._count(written, late=len(written) - met.get("results", 0))

    async def _marked(self, chosen: Sequence[Delivery]) -> set[int]:
        """Return the ids of those that were marked: the others have left, or are another process's by now."""
        async with self._db.connect() as conn:
            return await claims.marked(conn, chosen, self._owner)

    def _choose(self, lane: Lane, hand: Hand, at: float, editions: Collection[int] | None) -> None:
        """Take up what shall be marked now for a lane, and what a mail host wants later; of all editions, or of some."""
        now = self._clock()
        passed: list[Delivery] = []
        chosen: list[Delivery] = []
        granted = lane.grant(len(self._claimed.rows), at, now.timestamp())
        while self._claimed.rows and len(chosen) < granted:
            delivery = self._claimed.rows.popleft()
            if editions is not None and delivery.edition_id not in editions:
                passed.append(delivery)
            elif delay := lane.domains.delay(delivery.recipient.address, at):
                hand.later.append((delivery, now + timedelta(seconds=delay)))
            else:
                chosen.append(delivery)
        self._claimed.rows.extendleft(reversed(passed))
        lane.pacer.take(len(chosen) - granted, at, now.timestamp())
        if chosen:
            hand.chosen.append((lane, chosen))

    def _hand_out(self, lane: Lane, chosen: Sequence[Delivery], mine: Collection[int] | None) -> None:
        """Give a lane what is marked for it; whatever is not goes back, and the next claim says why."""
        until, since = self._renewed_at + _SAFE * self._lease.total_seconds(), self._at()
        parcels = []
        for delivery in chosen:
            opened = self._lookout.open.get(delivery.edition_id)
            if opened and (mine is None or delivery.id in mine):
                key = self.calls.key(delivery)
                parcels.append(ReadyDelivery(delivery, opened.make, opened.rules, until, since, key))
            else:
                self._back.append(delivery)
        if parcels:
            lane.put(parcels)

    async def _take_rows_back(self, hand: Hand, at: float) -> None:
        while hand.rows:
            _, row = hand.rows[0]
            another = self.fleet.takes(row.edition_id, at, self._clock().timestamp())
            await takeback.take_back(self._db, row, lasts=at - row.since, now=self._clock(), another=another)
            hand.rows.pop(0)

    async def _restock(self, lanes: Collection[Lane], turned_away: int) -> None:
        if lanes:
            least = max(2 * lane.stock.least for lane in lanes)
            editions = self.fleet.deliverable(self._at())
            await self._claimed.restock(editions, least=least, turned_away=turned_away)

    def _count(self, written: Sequence[attempts.Result], *, late: int) -> None:
        for result in written:
            self._meter.moved(result.delivery, result.state, doubted=result.doubted)
        self._meter.tick(len(written), self._at())
        if late:
            log.warning("%d results came after other processes had taken these deliveries over", late)

    async def bear(self, error: StoreError) -> None:
        """Bear with a database that fails, for a while."""
        if isinstance(error, StoreGone):
            self.recall()  # what is marked in a file that is not ours any more is not handed over
        await self._patience.bear(error, len(self._results))
