"""Tell outside, while a run lasts, how it goes: the progress, what is wrong, and that mails leave."""

from __future__ import annotations

import contextlib

from digest.delivery.context import Context
from digest.delivery.editions.open_editions import OpenEditions
from digest.delivery.moment import Moment
from digest.delivery.progress import Progress, Report
from digest.delivery.queue.fleet import Fleet
from digest.errors import SenderBroken, StoreError

_SECONDS_BETWEEN_REPORTS = 0.2  # seconds between two calls of `progress`
_SECONDS_BETWEEN_NOTES = 1.0  # seconds between two calls of `note`, at least


class Telling:
    """Calls the hooks of a run; `idle_for` is the seconds until something is due, where nothing is in hand."""

    def __init__(self, context: Context, open_editions: OpenEditions, fleet: Fleet) -> None:
        self.idle_for = 0.0
        self._context, self._hooks = context, context.hooks
        self._open_editions, self._findings, self._fleet = open_editions, open_editions.findings, fleet
        self._shown_at = self._noted_at = float("-inf")
        self._noted = 0  # answers that there were at the last note

    async def begin(self) -> None:
        """Note that mails are about to leave."""
        await self._hooks.note()

    async def go_on(self, now: Moment) -> None:
        """Tell what is to be told by now."""
        if now.at - self._shown_at >= _SECONDS_BETWEEN_REPORTS:
            self._shown_at = now.at
            self.show(now)
        if now.at - self._noted_at >= _SECONDS_BETWEEN_NOTES:
            await self.note(now)

    def show(self, now: Moment) -> None:
        """Show the progress."""
        if self._hooks.progress:
            meter = self._context.meter
            note = "; ".join(self._why_it_waits(now))
            self._hooks.progress(Progress(tally=meter.tally(), per_second=meter.pace, note=note))

    async def note(self, now: Moment) -> None:
        """Note that mails leave, where there were answers since the last note."""
        handled = self._context.meter.handled
        if handled > self._noted:
            with contextlib.suppress(StoreError):  # LedgerSync deals with a database that fails
                await self._hooks.note()
            self._noted_at, self._noted = now.at, handled

    def tell(self, now: Moment) -> None:
        """Tell what is wrong at the moment."""
        self._hooks.tell(self._problems(now))

    def _problems(self, now: Moment) -> list[str]:
        return [*self._findings.problems, *self._fleet.problems(now)]

    def _why_it_waits(self, now: Moment) -> list[str]:
        notes = [] if self._fleet.at_work(now) else self._fleet.problems(now)
        notes += self._fleet.slowed()
        return [*notes, f"the next is due in {self.idle_for:.0f} s"] if self.idle_for > 1 else notes

    def report(self, now: Moment) -> Report:
        """Return what the run came to; raises SenderBroken if no sender can be used before a person acts."""
        problems, events = self._problems(now), self._findings.events
        if self._fleet.broken:
            raise SenderBroken("\n".join([*events, *problems]))
        return Report(
            handled=self._context.meter.handled,
            next_due=self._open_editions.next_due_at,
            problems=tuple(problems),
            events=tuple(events),
            reached_nobody=tuple(self._findings.reached_nobody),
        )
