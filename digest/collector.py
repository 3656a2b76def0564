"""Let Python's collector of cyclic garbage rest while a heap of values is built that all stay."""

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
            settle()
            gc.enable()


def settle() -> None:
    """Count all values that there are among the old ones, at once and without looking at any of them.

    The first look at a new heap would stop everything for as long as it takes, the web pages too: a tenth of a second.
    """
    gc.freeze()
    gc.unfreeze()
