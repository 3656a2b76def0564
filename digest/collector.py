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
            gc.enable()


def set_aside() -> None:
    """Hardly ever look again at what stays: a service's modules never, what has grown old a hundredth as often.

    A look at everything takes a tenth of a second, in which no page is answered. Nearly all garbage dies young.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _RARELY)
