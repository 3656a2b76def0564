"""A lane is one sender at work: its limits, its breaker, and the copies that are ready to be handed over."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from digest.delivery.breaker import Breaker
from digest.delivery.domains import Domains
from digest.delivery.pacing import Pacer
from digest.delivery.parcels import Errand, Parcel
from digest.errors import SenderBusy, SenderDenied, SenderError
from digest.model import Deferred, Message, Outcome, Refused, Sent, Unknown, Unsent
from digest.senders import Sender, Streaming, Verdict
from digest.units import Hours, Rate

_MOST = 1000  # copies that are marked and not yet being handed over, at most
_STOOD_STILL = Unsent("this process stood still for so long that others may have taken over")
_STOPPED = Unknown("the program was stopped before an answer came")


@dataclass(frozen=True, slots=True)
class Outlet:
    """A sender, the name that people know it by, and how many messages it may take in which time, and when."""

    name: str
    sender: Sender
    rates: tuple[Rate, ...] = ()
    hours: Hours | None = None
    warm_up: tuple[int, ...] = ()  # messages a day, for its first days
    timezone: str = "UTC"
    domains: Domains = field(default_factory=Domains)  # what is known of the readers' mail hosts
    breaker: Breaker = field(default_factory=Breaker)  # what is known of the sender itself


class Lane:
    """What is ready for one sender, and what it makes of it; `report` hears what became of each copy."""

    def __init__(self, outlet: Outlet, report: Callable[[Parcel, Outcome], None]) -> None:
        self.name = outlet.name
        self.sender = outlet.sender
        self.pacer = Pacer(
            outlet.rates, hours=outlet.hours, warm_up=outlet.warm_up, zone=ZoneInfo(outlet.timezone)
        )
        self.domains = outlet.domains
        self.breaker = outlet.breaker
        self.broken = ""  # what a person must mend before this sender can be used again
        self.trouble = ""  # what it said last when it failed
        self.crash: Exception | None = None  # a mistake of ours: the run ends with it
        self._report = report
        self._at: Callable[[], float] = asyncio.get_running_loop().time
        self._ready: deque[Parcel] = deque()
        self._more = asyncio.Event()
        self._under_way: set[Errand] = set()
        self._stock = self.least
        self._filled = False  # the last turn made ready as many as there was room for
        self.hungry = asyncio.Event()  # all of that is taken, so the next turn should not wait

    # --- how many, and when ---------------------------------------------------------------------------------

    @property
    def least(self) -> int:
        """Copies that should be ready at any time, so that no worker stands idle while the clerk writes."""
        return max(4, self.sender.concurrency // 2) * self.sender.batch_size

    @property
    def _limit(self) -> int:
        """Failures in a row that are not those of a few connections."""
        return max(3, self.sender.concurrency)

    def opens_in(self, at: float, wall: float) -> float:
        """Return the seconds until the sender may be used; infinity if a person must act first."""
        return math.inf if self.broken else max(0.0, self.breaker.closed_until - at, self.pacer.used_up(wall))

    def complaint(self, wall: float) -> str:
        """What is wrong with the sender, for people; "" while it works."""
        return self.pacer.complaint(wall) or self.broken or (self.trouble if self.breaker.trying else "")

    @property
    def probing(self) -> bool:
        """Whether the one copy that shall find out if the sender works again is on its way."""
        return self.breaker.trying and self.room() < 1

    def room(self) -> int:
        """Return how many more copies may be made ready; one alone where it has to find out if the sender works."""
        if self.breaker.trying:
            return max(0, 1 - self.waiting - self.in_hand)
        return max(0, self._stock - self.waiting)

    def grant(self, claimed: int, at: float, wall: float) -> int:
        """Return how many of the claimed copies may be made ready now, within room and rate.

        Called once a turn; the room follows the pace: twice as much where all of it was used up since the last turn,
        a little less where half of it was not.
        """
        if self.waiting == 0 and self._filled:
            self._stock = min(_MOST, self._stock * 2)
        elif self.waiting > self._stock / 2:
            self._stock = max(self.least, self._stock * 7 // 8)
        room = self.room()
        granted = self.pacer.take(min(room, claimed), at, wall)
        self._filled = granted == room
        self.hungry.clear()
        return granted

    # --- copies: ready, under way, settled ------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Copies that are marked as being sent, and that nobody has begun to hand over."""
        return len(self._ready)

    @property
    def in_hand(self) -> int:
        """Copies that are being handed over."""
        return len(self._under_way)

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Make copies ready."""
        self._ready.extend(parcels)
        self.hungry.clear()
        self._more.set()
        self._more = asyncio.Event()

    async def filled(self) -> None:
        """Wait until more is made ready."""
        await self._more.wait()

    def take(self) -> Errand | None:
        """Build the next copy, which is handed over now; None if nothing is ready."""
        while self._ready:
            parcel = self._ready.popleft()
            if self._filled and not self._ready:
                self.hungry.set()
            try:
                built = self._objection(parcel) or parcel.build()
            except Exception as error:  # a mistake of ours, which must not be lost in whoever called
                self.crash = error
                built = Unsent("this program made a mistake")
            if isinstance(built, Message):
                errand = Errand(self, parcel, built)
                self._under_way.add(errand)
                return errand
            self._report(parcel, built)
        return None

    def take_back(self) -> list[Parcel]:
        """Return what nobody has begun to hand over; it will not be handed over."""
        parcels = list(self._ready)
        self._ready.clear()
        return parcels

    def _objection(self, parcel: Parcel) -> Unsent | None:
        """Say what has happened since a copy was made ready, so that it must not be handed over."""
        now = self._at()
        if self.broken or self.breaker.closed_until > now:
            return Unsent(self.broken or self.trouble)
        return _STOOD_STILL if now > parcel.until else None

    def settle(self, errand: Errand, verdict: Verdict) -> None:
        """Take what became of a copy; a SenderError says that the sender failed before it could be taken."""
        if errand not in self._under_way:
            return
        self._under_way.remove(errand)
        if isinstance(verdict, SenderDenied) and not (self.broken or self.breaker.denied()):
            # Perhaps only this reader's server does not want us: the others need not wait for a person.
            verdict = Deferred(verdict.reply, verdict.code)
        elif isinstance(verdict, SenderError):
            self._fail(verdict)
            verdict = Unsent(str(verdict))
        else:
            self._judge(errand.message, verdict)
        self._report(errand.parcel, verdict)

    def _judge(self, message: Message, outcome: Outcome) -> None:
        now = self._at()
        self.domains.note(message.recipient, outcome, now)
        if isinstance(outcome, Sent):
            self.breaker.accepted()
        elif isinstance(outcome, Deferred | Refused):
            self.breaker.worked()
        else:
            self.trouble = outcome.reply
            self.breaker.failed(now, limit=self._limit)

    def _fail(self, error: SenderError) -> None:
        self.trouble = str(error)
        if isinstance(error, SenderBusy):
            self.breaker.failed(self._at(), limit=self._limit, wait=error.retry_after)
        else:
            self.broken = self.trouble

    # --- who hands them over --------------------------------------------------------------------------------

    def workers(self) -> list[Coroutine[Any, Any, None]]:
        """Return what has to run, until cancelled, so that what is ready is handed over.

        What is under way when they are cancelled is settled as unknown.
        """
        if isinstance(self.sender, Streaming):
            return [self._stream(self.sender)]
        return [self._work() for _ in range(self.sender.concurrency)]

    async def _stream(self, sender: Streaming) -> None:
        """Let the sender help itself."""
        try:
            await sender.stream(self)
        finally:
            self._abandon(list(self._under_way))

    async def _work(self) -> None:
        """Hand over call by call."""
        while True:
            while not (errands := self._batch()):
                await self.filled()
            try:
                for errand, outcome in zip(errands, await self._call(errands), strict=True):
                    errand.settle(outcome)
            except BaseException:
                self._abandon(errands)
                raise

    async def _call(self, errands: Sequence[Errand]) -> Sequence[Verdict]:
        try:
            return await self.sender.send([errand.message for errand in errands])
        except SenderDenied as error:
            return [error] * len(errands)
        except SenderError as error:
            self._fail(error)
            return [Unsent(str(error))] * len(errands)

    def _batch(self) -> list[Errand]:
        errands: list[Errand] = []
        while len(errands) < self.sender.batch_size and (errand := self.take()):
            errands.append(errand)
        return errands

    def _abandon(self, errands: Sequence[Errand]) -> None:
        for errand in errands:
            errand.settle(_STOPPED)
