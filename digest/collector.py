"""Keep Python's collector of cyclic garbage from looking at what stays: everything waits while it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def resting() -> Iterator[None]:
    """Keep the collector from looking through all values again and again, each time to find that none can go.

    With tens of thousands of articles that is a third of the work. Threads may overlap; at the end it works again.
    """
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if worked:
            gc.enable()


def set_aside() -> None:
    """Never look again at what there is by now: a service's modules, which stay as long as it runs.

    They are most of what a full collection looks at: a tenth of a second, in which no page is answered.
    """
    gc.collect()
    gc.freeze()


def seldom() -> None:
    """Look less often from now on, and not at what there is by now: for who makes short-lived values by the thousand.

    They go by themselves; looking for cycles among them after every 700 is a tenth of the work.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.set_threshold(20_000, 20, 20)
