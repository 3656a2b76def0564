"""One line that tells how sending goes, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.text import Text

if TYPE_CHECKING:
    from digest.delivery import Progress


@contextmanager
def progress_line(*, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Give a function that shows progress in place; None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    with Live(console=Console(stderr=True), refresh_per_second=5, transient=True) as live:
        yield lambda progress: live.update(Text(in_words(progress)))


def in_words(progress: Progress) -> str:
    """Say how far the work is, how fast it goes and how long it will take."""
    from digest.model import State

    tally = progress.tally
    done = tally.recipients - tally.open
    parts = [f"{done:,} of {tally.recipients:,}", f"{progress.per_second:,.0f}/s"]
    if progress.per_second >= 1 and tally.open:
        seconds = int(tally.open / progress.per_second)
        parts.append(f"{seconds // 60}:{seconds % 60:02d} left")
    parts += [
        f"{tally[state]:,} {state.value}"
        for state in (State.DEFERRED, State.REFUSED, State.UNKNOWN)
        if tally[state]
    ]
    return " · ".join([*parts, *([progress.note] if progress.note else [])])
