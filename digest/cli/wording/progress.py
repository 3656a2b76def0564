"""One line that tells how sending goes, on a terminal only."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from digest.delivery import Progress
    from digest.model.amounts import Rate
    from digest.settings import SenderSettings


@contextmanager
def progress_line(
    *, quiet: bool, senders: Sequence[SenderSettings] = ()
) -> Iterator[Callable[[Progress], None] | None]:
    """Give a function that shows progress in place; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with Live(console=Console(stderr=True), refresh_per_second=5, transient=True) as live:
        yield lambda progress: live.update(Text(in_words(progress, senders)))


def span(seconds: int) -> str:
    """Say how long something takes: "0:09", "12:30", "3:05:00"."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def speed(pace: float, still: int, senders: Sequence[SenderSettings]) -> tuple[float, float | None]:
    """Return a pace and the seconds that the rest takes (None while nobody can tell), neither better than allowed.

    A burst at the beginning, or one that was just over, promises more than the senders' rates let anybody keep.
    """
    pace = min(pace, max((_fastest(sender.rate) for sender in senders), default=math.inf))
    least = min((_least(still, sender.rate) for sender in senders), default=0.0)
    return pace, max(still / pace, least) if pace >= 0.01 else None


def _fastest(rates: Sequence[Rate]) -> float:
    """Return the pace that rates allow from one moment to the next."""
    return min((rate.count / rate.seconds for rate in rates if rate.seconds <= 60), default=math.inf)


def _least(still: int, rates: Sequence[Rate]) -> float:
    """Return the seconds that so many mails take where the first of each rate's span go at once."""
    return max((rate.seconds * (still / rate.count - 1) for rate in rates), default=0.0)


def in_words(progress: Progress, senders: Sequence[SenderSettings] = ()) -> str:
    """Say how far the work is, how fast it goes and how long it will take."""
    from digest.model import State

    tally = progress.tally
    done = tally.recipients - tally.open
    pace, left = speed(progress.per_second, tally.open, senders)
    parts = [f"{done:,} of {tally.recipients:,}", f"{pace:,.0f}/s"]
    if left and not progress.note:
        parts.append(f"{span(int(left))} left")
    parts += [
        f"{tally[state]:,} {state.value}"
        for state in (State.DEFERRED, State.REFUSED, State.UNKNOWN)
        if tally[state]
    ]
    return " · ".join([*parts, *([progress.note] if progress.note else [])])
