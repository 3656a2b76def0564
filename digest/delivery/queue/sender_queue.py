"""The queue of one sender: copies that are ready, copies under way, and what became of them.

What bounds it is `limits.sender_limits`; who empties it is `workers`.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from digest.delivery.limits.route import SenderRoute
from digest.delivery.limits.sender_limits import SenderLimits
from digest.delivery.moment import Moment
from digest.delivery.queue.answers import Answers
from digest.delivery.queue.jobs import ReadyDelivery, SendJob
from digest.delivery.queue.stock import Stock
from digest.delivery.queue.under_way import UnderWay
from digest.errors import SenderError
from digest.model import Message, Outcome, Unknown, Unsent
from digest.senders import SendResult, Streaming

_CONSENT_SECONDS = 1.0  # seconds for which consent that was asked when a copy was marked holds
_STOOD_STILL = Unsent("this process stood still for so long that others may have taken over")
_STOPPED = Unknown("the program was stopped before an answer came")


def _drop(_: list[ReadyDelivery]) -> None:
    """Repeat no call."""


class SenderQueue:
    """What is ready for one sender, and what it makes of it; `report` hears what became of each copy."""

    def __init__(self, route: SenderRoute, report: Callable[[ReadyDelivery, Outcome], None]) -> None:
        self.name, self.sender = route.name, route.sender
        self.limits = SenderLimits(route)
        self._judge = self.limits.judge
        calls = self.sender.concurrency
        lines = self.sender.connections if isinstance(self.sender, Streaming) else calls
        self.stock = Stock(calls=calls, lines=lines, batch=self.sender.batch_size)
        self.repeat: Callable[[list[ReadyDelivery]], None] = _drop  # takes a call that may have been taken
        self.crash: Exception | None = None  # a mistake of ours: the run ends with it
        self.ahead = True  # the sender should begin a copy before the one in front of it is answered
        self.drained = asyncio.Event()  # all that was ready is taken, so the next sync should not wait
        self.calls = 0  # under way, of a sender that is called
        self.at: Callable[[], float] = asyncio.get_running_loop().time
        self.answers = Answers()  # for the measures
        self._report = report
        self._ready: deque[ReadyDelivery] = deque()
        self._stale: list[ReadyDelivery] = []  # waited too long: their readers are asked for consent again
        self._more = asyncio.Event()
        self._under_way = UnderWay()
        self._filled = False  # the last sync made ready as many as there was room for

    # --- how many more ----------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Bring up to date what the sender asks for every copy; called once a sync."""
        self.ahead = not self.stock.slow(self._under_way.oldest(self.at()))

    def room(self) -> int:
        """Return how many more copies may be made ready; one alone where it has to find out if the sender works."""
        if self.limits.half_open:
            return max(0, 1 - len(self._ready) - self.in_hand)
        in_hand = self.in_hand if self.sender.batch_size == 1 else self.calls * self.sender.batch_size
        return self.stock.room(len(self._ready), in_hand, self._under_way.oldest(self.at()))

    def grant(self, claimed: int, now: Moment) -> int:
        """Return how many of the claimed copies may be made ready now, within room and rate; called once a sync."""
        self.stock.adapt(len(self._ready), used_up=self._filled)
        room = self.room()
        granted = self.limits.pacer.take(min(room, claimed), now)
        self._filled = granted == room > 0
        self.drained.clear()
        return granted

    @property
    def probing(self) -> bool:
        """Whether the one copy that tests if the sender works again is on its way."""
        return self.limits.half_open and self.room() < 1

    # --- copies: ready, under way, settled --------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Copies that are marked as being sent, and whose handover has not begun."""
        return len(self._ready)

    @property
    def in_hand(self) -> int:
        """Copies that are being handed over."""
        return len(self._under_way)

    @property
    def busy(self) -> bool:
        """Whether any copy is marked and not settled."""
        return bool(self._ready or self._stale or self._under_way)

    def put(self, deliveries: Iterable[ReadyDelivery]) -> None:
        """Make copies ready."""
        self._ready.extend(deliveries)
        self.drained.clear()
        self._more.set()
        self._more = asyncio.Event()

    async def filled(self) -> None:
        """Wait until more is made ready."""
        await self._more.wait()

    @property
    def next_call(self) -> str:
        """The key of the call that the next copy belongs to; "" if that call cannot be repeated."""
        return self._ready[0].call if self._ready else ""

    def take(self, at: float | None = None) -> SendJob | None:
        """Build the next copy, which is handed over now; None if nothing is ready."""
        at = self.at() if at is None else at
        while self._ready:
            ready = self._ready.popleft()
            if self._filled and not self._ready:
                self.drained.set()
            if self._waits(ready, at):
                self._stale.append(ready)
                continue
            built = self._build(ready, at)
            if isinstance(built, Message):
                job = SendJob(ready, built, self._settle)
                self._under_way.begin(job, at)
                return job
            self._report(ready, built)
        return None

    def _build(self, ready: ReadyDelivery, at: float) -> Message | Outcome:
        try:
            return self._objection(ready, at) or ready.build()
        except Exception as error:  # a mistake of ours, which must not be lost in the caller
            self.crash = error
            return Unsent("this program made a mistake")

    def _waits(self, ready: ReadyDelivery, at: float) -> bool:
        """Tell whether a copy is put aside: asked for too long ago, too early, or in a call to be repeated later."""
        if at - ready.since > _CONSENT_SECONDS or self.limits.holds(at):
            return True
        return bool(ready.tries and self._judge.objection(ready.delivery.edition_id, at))

    def _objection(self, ready: ReadyDelivery, at: float) -> Unsent | None:
        """Say what has happened since a copy was made ready, so that it must not be handed over."""
        if words := self._judge.objection(ready.delivery.edition_id, at):
            return Unsent(words, 0.0)
        return _STOOD_STILL if at > ready.until else None

    def _settle(self, job: SendJob, verdict: SendResult) -> None:
        """Take what became of a copy; a SenderError says that the sender failed before it could be taken."""
        begun = self._under_way.end(job)
        if begun is None:
            return
        at = self.at()
        self.stock.answered(at - begun)
        edition_id = job.ready.delivery.edition_id
        outcome = self._judge.judge(edition_id, job.message.recipient, verdict, at)
        self.answers.note(edition_id, outcome, at - begun)
        self._report(job.ready, outcome)

    # --- copies that are not handed over ----------------------------------------------------------------------

    def take_back(self, *, at: float = math.inf) -> list[ReadyDelivery]:
        """Take out what will not be handed over: all of it, or what was marked long before `at`."""
        deliveries, self._stale = self._stale, []
        if self._ready and (at == math.inf or at - self._ready[0].since > _CONSENT_SECONDS):
            deliveries += self._ready
            self._ready.clear()
        if repeated := [ready for ready in deliveries if ready.tries]:
            self.repeat(repeated)
        return [ready for ready in deliveries if not ready.tries]

    def fail(self, error: SenderError) -> None:
        """Hear that the sender cannot take anything now, and put back what waits for it."""
        self._judge.fail(error, self.at(), whole=True)
        self.give_up(self.take_back(), Unsent(str(error), 0.0))

    def give_up(self, deliveries: Iterable[ReadyDelivery], outcome: Outcome) -> None:
        """Report an outcome for deliveries that are not handed over."""
        for ready in deliveries:
            self._report(ready, outcome)

    def leave(self, jobs: Iterable[SendJob]) -> None:
        """Drop these: their call is repeated, or left to another process."""
        self._under_way.drop(jobs)

    def abandon(self, jobs: Sequence[SendJob] | None = None) -> None:
        """Settle what is cut off, all by default, as unknown; a call that can be repeated is left to the next run."""
        jobs = self._under_way.jobs() if jobs is None else jobs
        self.leave(job for job in jobs if job.ready.call)
        for job in jobs:
            job.settle(_STOPPED)
