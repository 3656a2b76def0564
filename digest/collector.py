"""Keep Python's collector of cyclic garbage from looking at what stays: everything waits while it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 1_000  # collections of the middle generation, for one of the old; Python's own is 10


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
            _grow_old()
            gc.enable()


def _grow_old() -> None:
    """Count all that there is among the old at once, or the next collection would look at the whole new heap."""
    gc.freeze()
    gc.unfreeze()


def spare_the_old() -> None:
    """Look a hundredth as often as Python would at what has grown old: a service's modules above all.

    A look at everything takes a tenth of a second, in which no page is answered. Nearly all garbage dies young.
    """
    gc.collect()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)


def seldom() -> None:
    """Look less often from now on: for who makes short-lived values by the thousand.

    They go by themselves; looking for cycles among them after every 700 is a tenth of the work.
    """
    _grow_old()
    gc.set_threshold(20_000, 20, _RARELY)


def leave() -> None:
    """Leave what is there to the system, for a process that ends: Python would look through all of it once more."""
    gc.freeze()
