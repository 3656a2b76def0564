"""Run the engine: start the workers, sync the ledger, wait, and end when nothing is left (drawn in the package)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from digest import gc_tuning
from digest.clock import Clock
from digest.delivery.ledger_sync import SECONDS_BETWEEN_SYNCS, LedgerSync
from digest.delivery.limits import shared_quotas
from digest.delivery.liveness import LivenessTracker, new_owner
from digest.delivery.notes import Notes
from digest.delivery.open_editions import OpenEditions, Policy
from digest.delivery.progress import Meter, Progress, Report
from digest.delivery.queue.jobs import MessageMaker
from digest.delivery.queue.routes import SenderRoute
from digest.delivery.queue.workers import Workers
from digest.errors import SenderBroken, StoreError
from digest.model import Edition
from digest.store.db.database import Database

_T = TypeVar("_T")

_SECONDS_BETWEEN_REFRESHES = 0.5  # seconds between two looks at which editions are open
_SECONDS_BETWEEN_REPORTS = 0.2  # seconds between two calls of `progress`
_MAX_DRAIN_SECONDS = 30.0  # seconds that what is being handed over may take when we stop


async def deliver(
    db: Database,
    routes: Sequence[SenderRoute],
    copies: Callable[[Edition], MessageMaker],
    *,
    clock: Clock,
    edition_id: int | None = None,
    lease: timedelta = timedelta(minutes=5),
    attempts: int = 8,
    hold: Collection[str] = (),
    wait: timedelta = timedelta(seconds=30),
    stop: asyncio.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    note: Callable[[], Awaitable[object]] | None = None,
    watch: LivenessTracker | None = None,
    tell: Callable[[Sequence[str]], None] | None = None,
    doubt: Callable[[], Awaitable[str]] | None = None,
) -> Report:
    """Send what is open and due, of one edition or of all, until there is nothing left to do now.

    Any number of processes may do so at once, and any of them may be killed at any moment. The first of the `routes`
    is used; the next one takes over while it is broken or has to be left alone. `copies` gives, for an edition, what
    makes a reader's copy; it raises a DigestError if the edition cannot be sent. Newsletters in `hold` leave it to a
    person to send again where an attempt gave no answer, the others allow one more attempt. `attempts` bounds the
    answers "not now" of one reader. Another process takes over after a `lease` without a sign of life from this one;
    `watch` is what it has seen of the others so far, for callers that call this repeatedly.
    When nothing can be done at the moment (a retry is not due, a sender asks to be left alone) it stays for `wait`.
    `stop` finishes what is being handed over and puts the rest back. `progress` is called about five times a second,
    `note` before the first mail leaves and about once a second while mails leave, `tell` twice a second with what is
    wrong at the moment. `doubt` is asked before a deadline is held to have passed: while it gives a reason not to
    believe the clock, no reader is given up.

    Raises SenderBroken if no sender can be used before a person acts, StoreError if the database fails for long;
    what was certainly not sent is back in the queue by then.
    """
    watch = watch or LivenessTracker(lease.total_seconds())
    policy = Policy(
        lease=lease, attempts=attempts, hold=hold, only=edition_id, watch=watch, doubt=doubt or _believe
    )
    run = _Run(db, routes, copies, clock, policy, Meter(shown=progress is not None), note or _nothing)
    run.tell = tell or run.tell
    return await run.go(wait.total_seconds(), stop or asyncio.Event(), progress or (lambda _: None))


class _Run:
    """One call of `deliver`."""

    def __init__(
        self,
        db: Database,
        routes: Sequence[SenderRoute],
        copies: Callable[[Edition], MessageMaker],
        clock: Clock,
        policy: Policy,
        meter: Meter,
        note: Callable[[], Awaitable[object]],
    ) -> None:
        owner = new_owner()
        self._db, self._clock, self._meter, self._notes = db, clock, meter, Notes(note, meter)
        self.tell: Callable[[Sequence[str]], None] = lambda _: None
        self._open_editions = OpenEditions(db, copies, policy, owner=owner, clock=clock, meter=meter)
        self._ledger = LedgerSync(
            db, routes, self._open_editions, owner=owner, lease=policy.lease, clock=clock, meter=meter
        )
        self._queues = self._ledger.queues
        self._open_editions.all_alike = self._ledger.fleet.all_alike
        self._at = asyncio.get_running_loop().time
        self._workers = Workers(self._queues)
        self._refreshed_at = self._shown_at = self._moved_at = float("-inf")
        self._next_due: datetime | None = None
        self._idle_for = 0.0  # seconds until the next copy is due, with nothing in hand

    async def go(self, wait: float, stop: asyncio.Event, progress: Callable[[Progress], None]) -> Report:
        await self._refresh()
        if self._open_editions.open:
            async with contextlib.AsyncExitStack() as stack:
                stack.enter_context(gc_tuning.gc_relaxed())
                # Also where the database fails to the end: else the next run of this process waits for our lease.
                stack.callback(self._open_editions.leave)
                await self._notes.begin()
                self._workers.start(stop, self._ledger.wake)
                stack.push_async_callback(self._drain)
                await self._work(wait, stop, progress)
            progress(self._progress())
        problems = (*self._open_editions.problems, *self._sender_problems())
        events = tuple(self._open_editions.events)
        if self._queues and all(queue.broken for queue in self._queues):
            raise SenderBroken("\n".join([*events, *problems]))
        return Report(
            handled=self._meter.handled,
            next_due=self._next_due,
            problems=problems,
            events=events,
            reached_nobody=tuple(self._open_editions.reached_nobody),
        )

    async def _work(self, wait: float, stop: asyncio.Event, progress: Callable[[Progress], None]) -> None:
        self._moved_at, handled = self._at(), 0
        while not stop.is_set():
            begun = self._at()
            if begun - self._refreshed_at >= _SECONDS_BETWEEN_REFRESHES:
                await self._wait_out(self._refresh())
                self.tell([*self._open_editions.problems, *self._sender_problems()])
            await self._ledger.sync()
            self._workers.raise_what_broke()
            if begun - self._shown_at >= _SECONDS_BETWEEN_REPORTS:
                self._shown_at = begun
                progress(self._progress())
            await self._notes.go_on(begun)
            if self._meter.handled > handled:
                self._moved_at, handled = begun, self._meter.handled
            if self._opens_in() > 1:
                self._ledger.put_back()  # what is claimed is for now, not for later
            self._idle_for = 0.0
            if self._ledger.busy:
                pause = min(self._ledger.rest(), _SECONDS_BETWEEN_REFRESHES)
            else:
                rest = await self._wait_out(self._idle(), otherwise=0.0)
                if rest is None or begun + rest - self._moved_at > wait:
                    break
                self._idle_for, pause = rest, min(rest, _SECONDS_BETWEEN_REFRESHES)
            await self._pause(pause, begun + SECONDS_BETWEEN_SYNCS)

    async def _idle(self) -> float | None:
        """Return the seconds until something can be done again, with nothing in hand; None if nothing is left."""
        await self._refresh()
        if self._ledger.busy:  # what an edition that was done has cost is taken back
            return 0.0
        self._next_due = await self._open_editions.next_due(self._ledger.fleet.deliverable(self._at()))
        if self._next_due is None:
            self._open_editions.exhaust()
        if self._opens_in() == math.inf:
            return None
        others = await self._open_editions.held_by_others()
        repeat_at = self._ledger.calls.next_at
        if self._next_due is None and not others and repeat_at == math.inf:
            return None
        if others:
            self._moved_at = self._at()  # we wait until they have done it, or have seen that they are gone
        due = _SECONDS_BETWEEN_REFRESHES if others else math.inf
        if self._next_due:
            due = (self._next_due - self._clock()).total_seconds()
        rest = max(0.0, self._opens_in(), min(due, repeat_at - self._at()))
        return min(rest, _SECONDS_BETWEEN_REFRESHES) if others else rest

    async def _wait_out(self, work: Awaitable[_T], otherwise: _T | None = None) -> _T | None:
        """Do something that needs the database, or wait a little where that fails, as LedgerSync does."""
        try:
            return await work
        except StoreError as error:
            await self._ledger.wait_out(error)
            return otherwise

    def _opens_in(self) -> float:
        return self._ledger.fleet.opens_in(self._at(), self._clock().timestamp())

    def _sender_problems(self) -> list[str]:
        return self._ledger.fleet.problems(self._clock().timestamp())

    async def _pause(self, seconds: float, next_sync: float) -> None:
        """Wait for a worker's report, at most `seconds`; return before `next_sync` only if the queue is drained."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ledger.wake.wait(), seconds)
        self._ledger.wake.clear()
        if queue := self._ledger.usable_queue():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(queue.drained.wait(), max(0.0, next_sync - self._at()))
        else:
            await asyncio.sleep(max(0.0, next_sync - self._at()))

    async def _refresh(self) -> None:
        self._refreshed_at = self._at()
        await shared_quotas.read(self._db, self._queues, self._clock().timestamp())
        for edition_id in await self._open_editions.refresh():
            self._ledger.put_back(edition_id)

    async def _drain(self) -> None:
        """Put back what has not left, finish what is leaving, write it all down."""
        self._ledger.draining = True
        self._ledger.recall()
        until = self._at() + _MAX_DRAIN_SECONDS
        try:
            while self._ledger.busy and self._at() < until and self._workers.at_work:
                await self._ledger.sync()
                if self._ledger.busy:
                    await self._pause(_SECONDS_BETWEEN_REFRESHES, self._at())
        finally:
            await self._workers.cancel()
        await self._ledger.sync()
        while self._ledger.busy:  # the database failed at the last moment
            await self._ledger.sync()
        await self._notes.go_on(math.inf)
        await self._open_editions.sweep()
        self._open_editions.exhaust()
        await self._refresh()  # closes what this run completed

    def _progress(self) -> Progress:
        notes = self._sender_problems() if self._ledger.usable_queue() is None else []
        notes += [words for queue in self._queues if (words := queue.slowed())]
        if self._idle_for > 1:
            notes.append(f"the next is due in {self._idle_for:.0f} s")
        return Progress(tally=self._meter.tally(), per_second=self._meter.pace, note="; ".join(notes))


async def _nothing() -> None:
    """Note nothing."""


async def _believe() -> str:
    """Believe the clock."""
    return ""
