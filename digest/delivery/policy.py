"""What a call of `deliver` is told: the rules that it keeps, and the hooks that it calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from digest.clock import Clock, utc_now
from digest.delivery.liveness import LivenessTracker
from digest.delivery.progress import Progress
from digest.telemetry.measures import Measures


class Step(Enum):
    """The steps at which the ledger changes; each is reached before its transaction is committed, and after."""

    CLAIMING = "claimed, not committed"
    CLAIMED = "claimed and committed"
    MARKING = "marked, not committed"
    MARKED = "marked and committed, nothing sent"
    RECORDING = "recorded, not committed"
    RECORDED = "recorded and committed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one call of `deliver`.

    `edition_id` is the one edition to be sent, None for all. Another process takes over after a `lease` without a sign
    of life from this one. `attempts` bounds the answers "not now" of one reader. Newsletters in `hold` leave it to a
    person to send again where an attempt gave no answer; the others allow one more attempt. When nothing can be done
    at the moment (a retry is not due, a sender asks to be left alone) the call stays for `wait`.
    """

    edition_id: int | None = None
    lease: timedelta = timedelta(minutes=5)
    attempts: int = 8
    hold: Collection[str] = ()
    wait: timedelta = timedelta(seconds=30)


async def _note_nothing() -> None:
    """Note nothing."""


async def _believe() -> str:
    """Believe the clock."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a call of `deliver` asks and tells outside.

    `clock` gives the time of the day. `stop` ends the call: what is being handed over is finished, the rest goes back.
    `progress` is called about five times a second. `tell` is called twice a second with what is wrong at the moment.
    `note` is called before the first mail leaves, and about once a second while mails leave. `doubt` is asked before a
    deadline counts as passed: while it gives a reason not to believe the clock, nothing is given up. `watch` is what a
    caller that calls repeatedly has seen of other processes. `reached` hears of every step of the ledger, possibly in
    another thread; what it raises fails the step. `measures` counts answers and times.
    """

    clock: Clock = utc_now
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    progress: Callable[[Progress], None] | None = None
    tell: Callable[[Sequence[str]], None] = lambda _: None
    note: Callable[[], Awaitable[object]] = _note_nothing
    doubt: Callable[[], Awaitable[str]] = _believe
    watch: LivenessTracker | None = None
    reached: Callable[[Step], None] = lambda _: None
    measures: Measures = field(default_factory=Measures)
