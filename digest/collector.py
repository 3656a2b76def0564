"""Have Python's collector of cyclic garbage look where there is something to find."""

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


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector look seldom, and not at what is there already, while short-lived values come by the thousand.

    They go by themselves; looking for cycles among them after every 700 is a tenth of the work.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
