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
            gc.enable()
