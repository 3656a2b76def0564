"""The queue of one sender: the copies ready for it, those under way, and the workers that hand them over."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from digest.delivery.caller import call_by_call
from digest.delivery.limits.rates import Pacer
from digest.delivery.limits.sender_standing import Judge
from digest.delivery.queue.jobs import ReadyDelivery, SendJob
from digest.delivery.queue.routes import SenderRoute
from digest.delivery.queue.stock import Stock
from digest.errors import SenderError
from digest.model import Message, Outcome, Unknown, Unsent
from digest.senders import SendResult, Streaming

_CONSENT_SECONDS = 1.0  # seconds for which consent that was asked when a copy was marked holds
_STOOD_STILL = Unsent("this process stood still for so long that others may have taken over")
_STOPPED = Unknown("the program was stopped before an answer came")


class SenderQueue:
    """What is ready for one sender, and what it makes of it; `report` hears what became of each copy."""

    def __init__(self, route: SenderRoute, report: Callable[[ReadyDelivery, Outcome], None]) -> None:
        self.name, self.sender, self.domains = route.name, route.sender, route.domains
        self.breaker, self._throttle = route.standing.breaker, route.standing.throttle
        self.pacer = Pacer(
            route.rates,
            hours=route.hours,
            warm_up=route.warm_up,
            zone=ZoneInfo(route.timezone),
            more=[self._throttle],
        )
        calls = self.sender.concurrency
        lines = self.sender.connections if isinstance(self.sender, Streaming) else calls
        self.stock = Stock(calls=calls, lines=lines, batch=self.sender.batch_size)
        self.judge = Judge(
            route.standing, route.domains, limit=max(3, calls), batches=self.sender.batch_size > 1
        )
        self.again: Callable[[list[ReadyDelivery]], None] = lambda _: (
            None
        )  # takes a call that may have been taken
        self.crash: Exception | None = None  # a mistake of ours: the run ends with it
        self.ahead = True  # the sender should begin a copy before the one in front of it is answered
        self.drained = asyncio.Event()  # all that was ready is taken, so the next sync should not wait
        self._report = report
        self.now: Callable[[], float] = asyncio.get_running_loop().time
        self._ready: deque[ReadyDelivery] = deque()
        self._stale: list[ReadyDelivery] = []  # waited too long: their readers are asked for consent again
        self._more = asyncio.Event()
        self._under_way: dict[SendJob, float] = {}  # since when, the oldest first
        self.calls = 0  # under way, of a sender that is called
        self._filled = False  # the last sync made ready as many as there was room for

    # --- how many, and when ---------------------------------------------------------------------------------

    @property
    def broken(self) -> str:
        """What a person must mend before this sender can be used again; "" if nothing."""
        return self.judge.broken

    def opens_in(self, at: float, wall: float) -> float:
        """Return the seconds until the sender may be used; infinity if a person must act first."""
        return (
            math.inf if self.broken else max(0.0, self.breaker.blocked_until - at, self.pacer.used_up(wall))
        )

    def problems(self, wall: float) -> list[str]:
        """Say what is wrong with the sender, for people."""
        limits = self.pacer.blocked_reason(wall)
        return [f"{self.name}: {words}" for words in ([limits] if limits else self.judge.problems())]

    def slowed(self) -> str:
        """Say that it goes more slowly than it might because it throttles us, for people; "" if it does not."""
        pace = self._throttle.pace
        return f"{self.name} throttles us ({pace:.2g}/s)" if pace else self.domains.slowed()

    @property
    def probing(self) -> bool:
        """Whether the one copy that tests if the sender works again is on its way."""
        return self.breaker.half_open and self.room() < 1

    @property
    def _oldest(self) -> float:
        """For how many seconds the oldest copy has been under way."""
        return self.now() - next(iter(self._under_way.values())) if self._under_way else 0.0

    def refresh(self) -> None:
        """Bring up to date what the sender asks for every copy; called once a sync."""
        self.ahead = not self.stock.slow(self._oldest)

    def room(self) -> int:
        """Return how many more copies may be made ready; one alone where it has to find out if the sender works."""
        if self.breaker.half_open:
            return max(0, 1 - len(self._ready) - self.in_hand)
        in_hand = self.in_hand if self.sender.batch_size == 1 else self.calls * self.sender.batch_size
        return self.stock.room(len(self._ready), in_hand, self._oldest)

    def grant(self, claimed: int, at: float, wall: float) -> int:
        """Return how many of the claimed copies may be made ready now, within room and rate; called once a sync."""
        self.stock.adapt(len(self._ready), used_up=self._filled)
        room = self.room()
        granted = self.pacer.take(min(room, claimed), at, wall)
        self._filled = granted == room > 0
        self.drained.clear()
        return granted

    # --- copies: ready, under way, settled ------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Copies that are marked as being sent, and whose handover has not begun."""
        return len(self._ready)

    @property
    def busy(self) -> bool:
        """Whether any copy is marked and not settled."""
        return bool(self._ready or self._stale or self._under_way)

    @property
    def in_hand(self) -> int:
        """Copies that are being handed over."""
        return len(self._under_way)

    def put(self, deliveries: Iterable[ReadyDelivery]) -> None:
        """Make copies ready."""
        self._ready.extend(deliveries)
        self.drained.clear()
        self._more.set()
        self._more = asyncio.Event()

    async def filled(self) -> None:
        """Wait until more is made ready."""
        await self._more.wait()

    def fail(self, error: SenderError) -> None:
        """Hear that the sender cannot take anything now, and put back what waits for it."""
        self.judge.fail(error, self.now(), whole=True)
        for ready in self.take_back():
            self._report(ready, Unsent(str(error), 0.0))

    @property
    def next_call(self) -> str:
        """The key of the call that the next copy belongs to; "" if that call cannot be repeated."""
        return self._ready[0].call if self._ready else ""

    def take(self, now: float | None = None) -> SendJob | None:
        """Build the next copy, which is handed over now; None if nothing is ready."""
        now = self.now() if now is None else now
        while self._ready:
            ready = self._ready.popleft()
            if self._filled and not self._ready:
                self.drained.set()
            if self._waits(ready, now):
                self._stale.append(ready)
                continue
            try:
                built = self._objection(ready, now) or ready.build()
            except Exception as error:  # a mistake of ours, which must not be lost in the caller
                self.crash = error
                built = Unsent("this program made a mistake")
            if isinstance(built, Message):
                job = SendJob(ready, built, self._settle)
                self._under_way[job] = now
                return job
            self._report(ready, built)
        return None

    def take_back(self, *, at: float = math.inf) -> list[ReadyDelivery]:
        """Take out what will not be handed over: all of it, or what was marked long before `at`."""
        deliveries, self._stale = self._stale, []
        if self._ready and (at == math.inf or at - self._ready[0].since > _CONSENT_SECONDS):
            deliveries += self._ready
            self._ready.clear()
        if repeated := [ready for ready in deliveries if ready.tries]:
            self.again(repeated)
        return [ready for ready in deliveries if not ready.tries]

    def give_up(self, deliveries: Iterable[ReadyDelivery], outcome: Outcome) -> None:
        """Report an outcome for deliveries that are not handed over."""
        for ready in deliveries:
            self._report(ready, outcome)

    def _waits(self, ready: ReadyDelivery, now: float) -> bool:
        """Tell whether a copy is put aside: asked for too long ago, too early, or in a call to be repeated later."""
        if now - ready.since > _CONSENT_SECONDS or self._throttle.holds(now):
            return True
        return bool(ready.tries and self.judge.objection(ready.delivery.edition_id, now))

    def _objection(self, ready: ReadyDelivery, now: float) -> Unsent | None:
        """Say what has happened since a copy was made ready, so that it must not be handed over."""
        if words := self.judge.objection(ready.delivery.edition_id, now):
            return Unsent(words, 0.0)
        return _STOOD_STILL if now > ready.until else None

    def _settle(self, job: SendJob, verdict: SendResult) -> None:
        """Take what became of a copy; a SenderError says that the sender failed before it could be taken."""
        begun = self._under_way.pop(job, None)
        if begun is None:
            return
        now = self.now()
        self.stock.answered(now - begun)
        edition_id = job.ready.delivery.edition_id
        self._report(job.ready, self.judge.judge(edition_id, job.message.recipient, verdict, now))

    # --- workers ---------------------------------------------------------------------------------------------

    def workers(self) -> list[Coroutine[Any, Any, None]]:
        """Return what has to run, until cancelled, so that what is ready is handed over.

        What is under way when they are cancelled is settled as unknown.
        """
        if isinstance(self.sender, Streaming):
            return [self._stream(self.sender)]
        return [call_by_call(self) for _ in range(self.sender.concurrency)]

    async def _stream(self, sender: Streaming) -> None:
        """Let the sender help itself."""
        try:
            await sender.stream(self)
        finally:
            self.abandon(list(self._under_way))

    def leave(self, jobs: Iterable[SendJob]) -> None:
        """Drop these: their call is repeated, or left to another process."""
        for job in jobs:
            self._under_way.pop(job, None)

    def abandon(self, jobs: Sequence[SendJob]) -> None:
        """Settle what is cut off as unknown; a call that can be repeated is left to the next run."""
        self.leave(job for job in jobs if job.ready.call)
        for job in jobs:
            job.settle(_STOPPED)
