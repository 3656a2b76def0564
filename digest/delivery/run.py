"""Run the engine: start the workers, sync the ledger, wait, and end when nothing is left (drawn in README.md)."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from digest import gc_tuning
from digest.delivery.context import Context, context
from digest.delivery.editions.open_editions import OpenEditions
from digest.delivery.ending import SECONDS_BETWEEN_LOOKS, Look, next_look
from digest.delivery.ledger.sync import SECONDS_BETWEEN_SYNCS, LedgerSync
from digest.delivery.limits import shared_quotas
from digest.delivery.limits.route import SenderRoute
from digest.delivery.moment import Moment
from digest.delivery.policy import Hooks, Policy
from digest.delivery.progress import Report
from digest.delivery.queue.jobs import MessageMaker
from digest.delivery.queue.workers import Workers
from digest.delivery.telling import Telling
from digest.errors import StoreError
from digest.model import Edition
from digest.store.db.database import Database

_T = TypeVar("_T")

_MAX_DRAIN_SECONDS = 30.0  # seconds that what is being handed over may take when we stop


async def deliver(
    db: Database,
    routes: Sequence[SenderRoute],
    copies: Callable[[Edition], MessageMaker],
    policy: Policy | None = None,
    hooks: Hooks | None = None,
) -> Report:
    """Send what is open and due until there is nothing left to do now.

    Any number of processes may do so at once, and any of them may be killed at any moment. The first of the `routes`
    is used; the next one takes over while it is broken or has to be left alone. `copies` gives, for an edition, what
    makes a reader's copy; it raises a DigestError if the edition cannot be sent.

    Raises SenderBroken if no sender can be used before a person acts, StoreError if the database fails for long;
    what was certainly not sent is back in the queue by then.
    """
    return await _Run(context(db, policy or Policy(), hooks or Hooks()), routes, copies).go()


class _Run:
    """One call of `deliver`."""

    def __init__(
        self, shared: Context, routes: Sequence[SenderRoute], copies: Callable[[Edition], MessageMaker]
    ) -> None:
        self._context, self._stop = shared, shared.hooks.stop
        self._open_editions = OpenEditions(shared, copies)
        self._ledger = LedgerSync(shared, routes, self._open_editions)
        self._fleet = self._ledger.fleet
        self._open_editions.closing.all_alike = self._fleet.all_alike
        self._open_editions.recovery.adopt = self._ledger.repeats.adopt
        self._telling = Telling(shared, self._open_editions, self._fleet)
        self._workers = Workers(self._ledger.queues)
        self._refreshed_at = self._moved_at = float("-inf")
        self._handled = 0

    async def go(self) -> Report:
        await self._refresh()
        if self._open_editions.open:
            async with contextlib.AsyncExitStack() as stack:
                stack.enter_context(gc_tuning.gc_relaxed())
                # Also where the database fails to the end: else the next run of this process waits for our lease.
                stack.callback(self._open_editions.leave)
                await self._telling.begin()
                self._workers.start(self._stop, self._ledger.wake)
                stack.push_async_callback(self._drain)
                await self._work()
            self._telling.show(self._context.now())
        return self._telling.report(self._context.now())

    async def _work(self) -> None:
        self._moved_at = self._context.at()
        while not self._stop.is_set():
            begun = self._context.now()
            await self._pass(begun)
            now = self._context.now()  # the sync took its time
            if self._fleet.opens_in(now) > 1:
                self._ledger.put_back()  # what is claimed is for now, not for later
            rest = self._ledger.rest(now) if self._ledger.busy else await self._idle()
            if rest is None:
                break
            await self._pause(min(rest, SECONDS_BETWEEN_LOOKS), begun.at + SECONDS_BETWEEN_SYNCS)

    async def _pass(self, now: Moment) -> None:
        """Do once all that has to be done again and again."""
        if now.at - self._refreshed_at >= SECONDS_BETWEEN_LOOKS:
            await self._wait_out(self._refresh())
            self._telling.tell(now)
        await self._ledger.sync(now)
        self._workers.raise_what_broke()
        await self._telling.go_on(now)
        if self._context.meter.handled > self._handled:
            self._moved_at, self._handled = now.at, self._context.meter.handled
        self._telling.idle_for = 0.0

    async def _idle(self) -> float | None:
        """Return the seconds until something can be done again, with nothing in hand; None if the run is over."""
        seen = await self._wait_out(self._look())
        if seen is None:  # something came up, or the database failed
            return 0.0
        if seen.held_by_others:
            self._moved_at = self._context.at()
        if seen.claimed_unknown:
            self._ledger.release_unknown_claims()
        rest = next_look(seen, self._context.policy.wait.total_seconds())
        self._telling.idle_for = rest or 0.0
        return rest

    async def _look(self) -> Look | None:
        """Return what is left to do; None if it turns out that something is in hand."""
        await self._refresh()
        if self._ledger.busy:  # what an edition that was done has cost is taken back
            return None
        now = self._context.now()
        due_in = await self._open_editions.due_in(self._fleet.deliverable(now.at), now)
        if due_in == math.inf:
            self._open_editions.exhaust()
        others, ours = await self._open_editions.held()
        return Look(
            due_in=due_in,
            opens_in=self._fleet.opens_in(now),
            repeat_in=self._ledger.repeats.next_at - now.at,
            held_by_others=others,
            claimed_unknown=ours,
            idle_for=now.at - self._moved_at,
        )

    async def _wait_out(self, work: Awaitable[_T]) -> _T | None:
        """Do something that needs the database, or wait a little where that fails, as LedgerSync does."""
        try:
            return await work
        except StoreError as error:
            await self._ledger.wait_out(error)
            return None

    async def _pause(self, seconds: float, next_sync: float) -> None:
        """Wait for a worker's report, at most `seconds`; return before `next_sync` only if the queue is drained."""
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ledger.wake.wait(), seconds)
        self._ledger.wake.clear()
        now = self._context.now()
        rest = max(0.0, next_sync - now.at)
        if queue := next(iter(self._fleet.at_work(now)), None):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(queue.drained.wait(), rest)
        else:
            await asyncio.sleep(rest)

    async def _refresh(self) -> None:
        now = self._context.now()
        self._refreshed_at = now.at
        for queue in self._ledger.queues:
            await shared_quotas.read(self._context.db, queue.name, queue.limits.pacer, now)
        for edition_id in await self._open_editions.refresh():
            self._ledger.put_back(edition_id)

    async def _drain(self) -> None:
        """Put back what has not left, finish what is leaving, write it all down."""
        self._ledger.draining = True
        self._ledger.recall(self._context.now())
        until = self._context.at() + _MAX_DRAIN_SECONDS
        try:
            while self._ledger.busy and self._context.at() < until and self._workers.at_work:
                await self._ledger.sync(self._context.now())
                if self._ledger.busy:
                    await self._pause(SECONDS_BETWEEN_LOOKS, self._context.at())
        finally:
            await self._workers.cancel()
        await self._ledger.sync(self._context.now())
        while self._ledger.busy:  # the database failed at the last moment
            await self._ledger.sync(self._context.now())
        await self._telling.note(self._context.now())
        await self._open_editions.sweep()
        self._open_editions.exhaust()
        await self._refresh()  # closes what this run completed
