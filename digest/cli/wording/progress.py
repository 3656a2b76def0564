"""One line that tells how sending goes, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from digest.delivery import Progress
from digest.model import State
from digest.settings import SenderSettings
from digest.usecases.editions.status import pace


@contextmanager
def progress_line(
    *, quiet: bool, senders: Sequence[SenderSettings] = ()
) -> Iterator[Callable[[Progress], None] | None]:
    """Give a function that shows progress in place; None where no person watches."""
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


def in_words(progress: Progress, senders: Sequence[SenderSettings] = ()) -> str:
    """Say how far the work is, how fast it goes and how long it will take."""
    tally = progress.tally
    done = tally.recipients - tally.open
    per_second, left = pace(progress.per_second, tally.open, senders)
    parts = [f"{done:,} of {tally.recipients:,}", f"{per_second:,.0f}/s"]
    if left and not progress.note:
        parts.append(f"{span(int(left))} left")
    parts += [
        f"{tally[state]:,} {state.value}"
        for state in (State.DEFERRED, State.REFUSED, State.UNKNOWN)
        if tally[state]
    ]
    return " · ".join([*parts, *([progress.note] if progress.note else [])])
