"""The clerk keeps the ledger for the workers: each of its turns writes results, marks copies and claims rows."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.delivery import allowances, retry
from digest.delivery.lanes import Lane, Outlet
from digest.delivery.lookout import Lookout
from digest.delivery.parcels import Parcel
from digest.delivery.progress import Meter
from digest.errors import StoreError, StoreGone
from digest.model import Delivery, Outcome
from digest.store import attempts, claims, holders, refusals
from digest.store.changes import Change
from digest.store.database import Database

log = logging.getLogger("digest")

TURN = 0.04  # seconds from one turn to the next while there is much to do
_PAGE = 500  # rows claimed in one turn at most
_AHEAD = 1000  # rows in hand that nobody is sending yet, at most
_CLAIM_SECONDS = 1.0  # so much work is claimed ahead: consent was read that long ago at most
_PATIENCE = 20.0  # seconds for which a database that fails is tried again
_chance = random.random  # jitter, not a secret
_SAFE = 0.8  # of a lease: after that long without a sign of life we act as if we had lost it


@dataclass(slots=True)
class Hand:
    """What a turn has taken up and will have written, if its transaction succeeds."""

    results: list[tuple[Parcel, Outcome]] = field(default_factory=list)
    back: list[Delivery] = field(default_factory=list)
    chosen: list[Delivery] = field(default_factory=list)
    later: list[tuple[Delivery, datetime]] = field(default_factory=list)  # their mail hosts want them slower


class Clerk:
    """Keeps the ledger of one run, and its lanes ready; they call `report`, the engine everything else, call by call."""

    def __init__(
        self,
        db: Database,
        outlets: Sequence[Outlet],
        lookout: Lookout,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.wake = asyncio.Event()
        self.draining = False
        self.lanes = [Lane(outlet, self.report) for outlet in outlets]
        self._db, self._lookout, self._owner = db, lookout, owner
        self._lease, self._clock, self._meter = lease, clock, meter
        self._claimed: deque[Delivery] = deque()
        self._back: list[Delivery] = []  # to be put back with the next turn
        self._results: list[tuple[Parcel, Outcome]] = []
        self._at: Callable[[], float] = asyncio.get_running_loop().time
        self._renewed_at = self._at()
        self._failing_since: float | None = None
        self._orphans = False  # a commit that failed may have left rows claimed that we do not know of

    def report(self, parcel: Parcel, outcome: Outcome) -> None:
        """Take what became of a copy; it is written with the next turn."""
        self._results.append((parcel, outcome))
        self.wake.set()

    @property
    def busy(self) -> bool:
        """Tell whether anything is in hand."""
        lanes = any(lane.waiting or lane.in_hand for lane in self.lanes)
        return bool(lanes or self._claimed or self._results or self._back)

    def lane(self) -> Lane | None:
        """Return the first sender that may be used now; None while each is broken or has to be left alone."""
        at, wall = self._at(), self._clock().timestamp()
        usable = [lane for lane in self.lanes if not lane.opens_in(at, wall)]
        return next((lane for lane in usable if not lane.probing), usable[0] if usable else None)

    def rest(self) -> float:
        """Return the seconds for which the next turn would find nothing to do, unless a worker reports."""
        lane = self.lane()
        if self._results or self._back:
            return 0.0
        if lane is None or not self._claimed or lane.room() < 1:
            return math.inf
        return lane.pacer.wait(self._at(), self._clock().timestamp())

    def put_back(self, edition_id: int | None = None) -> None:
        """Put back, with the next turn, what is claimed and not yet being sent: of one edition, or of all."""
        stay = [d for d in self._claimed if edition_id is not None and d.edition_id != edition_id]
        self._back += [d for d in self._claimed if edition_id is None or d.edition_id == edition_id]
        self._claimed = deque(stay)

    def recall(self) -> None:
        """Put back what is claimed, and what is marked and that no worker has taken up yet."""
        self.put_back()
        for lane in self.lanes:
            self._back += [parcel.delivery for parcel in lane.take_back()]

    # --- a turn ------------------------------------------------------------------------------------------

    async def turn(self) -> None:
        """Write results and mark the next copies in one transaction, hand these out, and claim more rows.

        While the database fails nothing is sent; when it has failed for too long, StoreError.
        """
        at = self._at()
        if at - self._renewed_at > _SAFE * self._lease.total_seconds():
            self.recall()  # we stood still, and others may have taken it
        lane = None if self.draining else self.lane()
        hand = Hand(self._results, self._back)
        if lane:
            self._choose(lane, hand, at)
        turned_away = len(hand.later)
        self._results, self._back = [], []
        try:
            if lane and hand.chosen:
                await self._keep_to_limits(lane, hand, at)
            await self._write(hand, lane, at)
            hand = Hand()  # nothing of it has to be done again
            await self._restock(lane, turned_away)
        except StoreError as error:
            self._undo(hand)
            await self.bear(error)
        except BaseException:
            self._undo(hand)  # the last turn of this run will see to it
            raise

    def _undo(self, hand: Hand) -> None:
        """Take back what a turn had taken up; what a commit may have claimed all the same is put back later."""
        self._results = hand.results + self._results
        self._back += hand.back + hand.chosen + [delivery for delivery, _ in hand.later]
        self._claimed.clear()
        self._orphans = True

    async def _write(self, hand: Hand, lane: Lane | None, at: float) -> None:
        """Write down what a turn has taken up, and hand out what is marked now."""
        now, dialect, owner = self._clock(), self._db.dialect, self._owner
        written = [
            retry.decide(outcome, parcel.delivery, parcel.rules, now=now, chance=_chance())
            for parcel, outcome in hand.results
        ]
        renew = at - self._renewed_at > self._lease.total_seconds() / 4
        changes = {
            "orphans": self._orphans and claims.releasing_claimed(owner),
            "results": written and attempts.recording(dialect, written, now=now),
            "suppressed": refusals.suppressing(dialect, written, now=now),
            "back": hand.back and claims.releasing(dialect, hand.back, owner),
            "later": hand.later and claims.postponing(dialect, hand.later, owner),
            "chosen": hand.chosen and claims.marking(dialect, hand.chosen, owner),
            "renew": renew and holders.renewing(dialect, owner, now + self._lease),
        }
        wanted = {name: change for name, change in changes.items() if isinstance(change, Change)}
        met = dict(zip(wanted, await self._db.carry_out(list(wanted.values())), strict=True))
        self._failing_since, self._orphans = None, False
        self._renewed_at = at if renew else self._renewed_at
        if lane and hand.chosen:
            self._hand_out(lane, await self._still_ours(hand.chosen, met["chosen"]))
        self._count(written, late=len(written) - met.get("results", 0))

    async def _keep_to_limits(self, lane: Lane, hand: Hand, at: float) -> None:
        """Put back what is more than the sender's long rates allow to all processes together."""
        wall, n = self._clock().timestamp(), len(hand.chosen)
        if excess := await allowances.settle(self._db, lane, n, at, wall):
            hand.chosen, hand.back = hand.chosen[:-excess], hand.back + hand.chosen[-excess:]

    async def _still_ours(self, chosen: Sequence[Delivery], met: int) -> Sequence[Delivery]:
        """Leave out what another process has taken over meanwhile, because it took us for dead."""
        if met == len(chosen):
            return chosen
        async with self._db.connect() as conn:
            mine = await claims.marked(conn, chosen, self._owner)
        return [delivery for delivery in chosen if delivery.id in mine]

    def _choose(self, lane: Lane, hand: Hand, at: float) -> None:
        """Take up what shall be marked now, and what a mail host wants later."""
        now = self._clock()
        granted = lane.grant(len(self._claimed), at, now.timestamp())
        while self._claimed and len(hand.chosen) < granted:
            delivery = self._claimed.popleft()
            if delay := lane.domains.delay(delivery.recipient.address, at):
                hand.later.append((delivery, now + timedelta(seconds=delay)))
            else:
                hand.chosen.append(delivery)
        lane.pacer.take(len(hand.chosen) - granted, at, now.timestamp())

    def _hand_out(self, lane: Lane, chosen: Sequence[Delivery]) -> None:
        until = self._renewed_at + _SAFE * self._lease.total_seconds()
        parcels = []
        for delivery in chosen:
            if opened := self._lookout.open.get(delivery.edition_id):
                parcels.append(Parcel(delivery, opened.make, opened.rules, until))
            else:
                self._back.append(delivery)
        if parcels:
            lane.put(parcels)

    async def _restock(self, lane: Lane | None, turned_away: int) -> None:
        """Claim ahead, an equal share of every open edition; more of it while many have to wait for their hosts."""
        if lane is None:
            return
        ahead = min(_AHEAD, max(2 * lane.least, int(self._meter.pace * _CLAIM_SECONDS), 2 * turned_away))
        if len(self._claimed) > ahead / 2:
            return
        share = min(_PAGE, ahead) // max(1, len(self._lookout.open)) + 1
        for edition_id in self._lookout.open:
            await self._claim(edition_id, share)

    async def _claim(self, edition_id: int, share: int) -> None:
        now = self._clock()
        async with self._db.begin() as conn:
            until = now + self._lease
            page, left = await claims.claim(conn, edition_id, self._owner, share, now=now, lease_until=until)
        if not page and not left:
            self._lookout.exhausted.add(edition_id)
        self._claimed.extend(page)
        self._meter.skipped(left)

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
        if self._failing_since is None:
            self._failing_since = self._at()
            log.warning("%s Trying again.", error)
        if self._at() - self._failing_since > _PATIENCE:
            n = len(self._results)
            lost = f" {n} results could not be written; these readers will be listed as unknown."
            raise StoreError(f"{error}{lost if n else ''}") from error
        await asyncio.sleep(0.5)
