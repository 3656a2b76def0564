"""Keep Python's collector of cyclic garbage from looking at what stays: everything waits while it looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 1_000  # collections of the middle generation, for one of the old; Python's own is 10
_YOUNG, _MIDDLE = 700, 10  # Python's own


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
    gc.set_threshold(_YOUNG, _MIDDLE, _RARELY)


@contextmanager
def seldom() -> Iterator[None]:
    """Look less often meanwhile: for who loads modules, or makes short-lived values by the thousand.

    Those stay and these go by themselves; looking for cycles among them after every 700 is a tenth of the work.
    """
    usual = gc.get_threshold()
    _grow_old()
    gc.set_threshold(20_000, 20, _RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def leave() -> None:
    """Leave what is there to the system, for a process that ends: Python would look through all of it once more."""
    gc.freeze()
