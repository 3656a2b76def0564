"""How far the work is and what a run came to, as plain values for display."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from digest.model import Delivery, State, Tally

_SMOOTHING_SECONDS = 2.0  # seconds over which the pace is smoothed
# The first answers come in a burst and say little about the pace of the others.
_FIRST_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the work is: the tally of the editions at work, the pace lately, and why nothing moves if nothing does."""

    tally: Tally
    per_second: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run came to: answers it got, when the next attempt is due, and what a person should look after.

    `reached_nobody` names the editions that are held because every one of their readers was refused.
    """

    handled: int = 0
    next_due: datetime | None = None
    problems: tuple[str, ...] = ()
    reached_nobody: tuple[str, ...] = ()
    events: tuple[str, ...] = ()  # what has happened meanwhile that a person should know


class Meter:
    """Counts what happens, so that the tally needs no query of the ledger."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown  # the tally is displayed
        self.handled = 0
        self.pace = 0.0  # answers a second
        self._counts: Counter[State] = Counter()
        self._doubted = 0
        self._begun = 0.0
        self._since: float | None = None
        self._answers = 0

    def add(self, tally: Tally) -> None:
        """Begin to count an edition, from how it stands."""
        self._counts.update(tally.counts)
        self._doubted += tally.doubted

    def moved(self, delivery: Delivery, state: State, *, doubted: bool) -> None:
        """Note what an attempt came to."""
        before = State.DEFERRED if delivery.attempts > 1 and self._counts[State.DEFERRED] else State.QUEUED
        self._counts[before] -= 1
        self._counts[state] += 1
        self._doubted += doubted and not delivery.doubted
        if state is not State.QUEUED:
            self.handled += 1

    def skipped(self, n: int) -> None:
        self._counts[State.QUEUED] -= n
        self._counts[State.SKIPPED] += n

    def tick(self, answers: int, at: float) -> None:
        """Bring the pace up to date; `at` is monotonic, in seconds."""
        self._answers += answers
        if self._since is None:
            self._begun = self._since = at
        elif at - self._begun < _FIRST_SECONDS:
            self.pace = self._answers / _FIRST_SECONDS
        elif (span := at - self._since) >= 0.05:
            share = 1.0 if self._since == self._begun else min(1.0, span / _SMOOTHING_SECONDS)
            self.pace += share * (self._answers / span - self.pace)
            self._since, self._answers = at, 0

    def tally(self) -> Tally:
        return Tally(counts={state: n for state, n in self._counts.items() if n > 0}, doubted=self._doubted)
