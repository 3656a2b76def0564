"""Have Python's collector of cyclic garbage run less often: the whole process waits while it runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OLD_THRESHOLD = 1_000  # collections of the middle generation, for one of the old; Python's own is 10
_YOUNG_THRESHOLD, _MIDDLE_THRESHOLD = 700, 10  # Python's own


@contextmanager
def gc_paused() -> Iterator[None]:
    """Switch the collector off meanwhile, for work that makes many values that all stay.

    With tens of thousands of articles it takes a third of the time. May be nested; it runs again after the outermost.
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
    """Move all values to the oldest generation, or the next collection would go through the whole new heap."""
    gc.freeze()
    gc.unfreeze()


def raise_gc_threshold() -> None:
    """Collect the oldest generation, above all a service's modules, a hundredth as often as Python would.

    A full collection takes a tenth of a second, in which no page is answered. Nearly all garbage dies young.
    """
    gc.collect()
    gc.set_threshold(_YOUNG_THRESHOLD, _MIDDLE_THRESHOLD, _OLD_THRESHOLD)


@contextmanager
def gc_relaxed() -> Iterator[None]:
    """Collect less often meanwhile: for loading modules, or making short-lived values by the thousand.

    Modules stay and short-lived values go without it; a collection after every 700 is a tenth of the work.
    """
    usual = gc.get_threshold()
    _grow_old()
    gc.set_threshold(20_000, 20, _OLD_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def skip_final_gc() -> None:
    """Skip the collection that Python makes when a process ends: the system frees its memory anyway."""
    gc.freeze()
