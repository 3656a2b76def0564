"""A lane is one sender at work: its limits, its breaker, and the copies that are ready to be handed over."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from zoneinfo import ZoneInfo

from digest.delivery.domains import Domains
from digest.delivery.pacing import Pacer
from digest.delivery.retry import Rules
from digest.errors import SenderBroken, SenderBusy
from digest.model import Deferred, Delivery, Message, Outcome, Recipient, Refused, Sent, Unknown, Unsent
from digest.senders import Sender
from digest.units import Hours, Rate

#: Makes one reader's copy; a ValueError says that this reader's values do not go into a mail.
MessageMaker: TypeAlias = Callable[[Recipient], Message]

_MOST = 1000  # copies that are marked and not yet being handed over, at most


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


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery on its way: what makes its copy, and until when its lease is certain (monotonic seconds)."""

    delivery: Delivery
    make: MessageMaker
    rules: Rules
    until: float

    def build(self) -> Message | Refused:
        """Return this reader's copy; a reader whose values cannot be put into a mail is refused, the others go on."""
        try:
            return self.make(self.delivery.recipient)
        except ValueError as error:
            return Refused(f"no copy could be made for this reader: {error}")


class Breaker:
    """Stops asking a sender that fails: after `limit` failures in a row, for a growing time; then one message tries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures = 0
        self._trips = 0
        self.closed_until = 0.0  # monotonic seconds: nothing is handed over before

    def failed(self, now: float, *, wait: float | None = None) -> None:
        """Note a failure of the whole connection; `wait` is what the other side asked for, in seconds."""
        self._failures += 1
        if wait is None and (self._failures < self._limit or now < self.closed_until):
            return
        if wait is None:
            wait = random.uniform(0.5, 1) * min(300, 2**self._trips)  # noqa: S311  # jitter, not a secret
            self._trips = min(self._trips + 1, 10)
        self.closed_until = max(self.closed_until, now + wait)

    def worked(self) -> None:
        """Note that the other side answered."""
        self._failures = self._trips = 0

    @property
    def trying(self) -> bool:
        """Tell whether one message shall find out if the sender works again."""
        return self._failures >= self._limit


class Lane:
    """Runs the workers of one sender; each takes what is ready, hands it over and reports what became of it."""

    def __init__(self, outlet: Outlet) -> None:
        self.name = outlet.name
        self.sender = outlet.sender
        self.pacer = Pacer(
            outlet.rates, hours=outlet.hours, warm_up=outlet.warm_up, zone=ZoneInfo(outlet.timezone)
        )
        self.domains = outlet.domains
        self.breaker = Breaker(max(3, outlet.sender.concurrency))
        self.broken = ""  # what a person must mend before this sender can be used again
        self.trouble = ""  # what it said last when it failed
        self.in_hand = 0  # copies being handed over
        self._ready: asyncio.Queue[Parcel] = asyncio.Queue()
        self._stock = self.least
        self._filled = False  # the last turn made ready as many as there was room for

    @property
    def least(self) -> int:
        """Copies that should be ready at any time, so that no worker stands idle while the clerk writes."""
        return max(4, self.sender.concurrency // 2) * self.sender.batch_size

    def opens_in(self, at: float, wall: float) -> float:
        """Return the seconds until the sender may be used; infinity if a person must act first."""
        return math.inf if self.broken else max(0.0, self.breaker.closed_until - at, self.pacer.used_up(wall))

    def complaint(self, wall: float) -> str:
        """What is wrong with the sender, for people; "" while it works."""
        return self.pacer.complaint(wall) or self.broken or (self.trouble if self.breaker.trying else "")

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
        return granted

    @property
    def waiting(self) -> int:
        """Copies that are marked as being sent, and that no worker has taken yet."""
        return self._ready.qsize()

    def put(self, parcel: Parcel) -> None:
        self._ready.put_nowait(parcel)

    def take_back(self) -> list[Parcel]:
        """Return what no worker has taken yet; it will not be handed over."""
        parcels = []
        while not self._ready.empty():
            parcels.append(self._ready.get_nowait())
        return parcels

    async def work(self, report: Callable[[Sequence[Parcel], Sequence[Outcome]], None]) -> None:
        """Be one worker, until cancelled. What is in its hands when it is cancelled is reported as unknown."""
        while True:
            parcels = [await self._ready.get()]
            while len(parcels) < self.sender.batch_size and not self._ready.empty():
                parcels.append(self._ready.get_nowait())
            self.in_hand += len(parcels)
            outcomes: Sequence[Outcome] = [Unknown("the program was stopped before an answer came")] * len(
                parcels
            )
            try:
                outcomes = await self._hand_over(parcels)
            finally:
                self.in_hand -= len(parcels)
                report(parcels, outcomes)

    async def _hand_over(self, parcels: Sequence[Parcel]) -> Sequence[Outcome]:
        now = asyncio.get_running_loop().time()
        if self.broken or self.breaker.closed_until > now:  # it failed since these were made ready
            return [Unsent(self.broken or self.trouble)] * len(parcels)
        if any(now > parcel.until for parcel in parcels):
            return [Unsent("this process stood still for so long that others may have taken over")] * len(
                parcels
            )
        built = [parcel.build() for parcel in parcels]
        messages = [message for message in built if isinstance(message, Message)]
        replies = iter(await self._send(messages) if messages else [])
        return [next(replies) if isinstance(one, Message) else one for one in built]

    async def _send(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        now = asyncio.get_running_loop().time
        try:
            outcomes = await self.sender.send(messages)
        except SenderBusy as error:
            self.trouble = str(error)
            self.breaker.failed(now(), wait=error.retry_after)
            return [Unsent(str(error))] * len(messages)
        except SenderBroken as error:
            self.trouble = self.broken = str(error)
            return [Unsent(str(error))] * len(messages)
        self._judge(messages, outcomes, now())
        return outcomes

    def _judge(self, messages: Sequence[Message], outcomes: Sequence[Outcome], now: float) -> None:
        for message, outcome in zip(messages, outcomes, strict=True):
            self.domains.note(message.recipient, outcome, now)
            if isinstance(outcome, Sent | Deferred | Refused):
                self.breaker.worked()
            else:
                self.trouble = outcome.reply
                self.breaker.failed(now)
