"""Count what the rendering of a template uses up, and stop it where that is more than any mail needs.

Every loop turn, call and filter is a step. Whatever a template makes is weighed as if it were printed, lists in lists
included: a text that is doubled thirty times takes no space until it is printed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from jinja2.exceptions import SecurityError

MAX_SECONDS = 3.0  # of processor time: a busy machine is not the template's fault
MAX_STEPS = 300_000  # loop turns, calls and filters of one rendering
MAX_CHARACTERS = 2_000_000  # of one rendering, and of any text or list in it
MAX_MADE = 10 * MAX_CHARACTERS  # of all texts and lists that one rendering makes, thrown away or not
PLACE = 8  # characters that a place in a list counts: bytes of memory, and of time to look into it


class Meter:
    """What one rendering has used up so far."""

    def __init__(self) -> None:
        self.steps = 0
        self.made = 0
        self.until = time.thread_time() + MAX_SECONDS

    def step(self) -> None:
        """Count a step; raises SecurityError if it is one too many, or too late."""
        self.steps += 1
        if self.steps > MAX_STEPS or time.thread_time() > self.until:
            raise SecurityError("it does not come to an end: too many loop turns or calls")

    def take(self, size: int) -> None:
        """Count what is made; raises SecurityError if it is too large, or one too many."""
        self.made += size
        if size > MAX_CHARACTERS:
            raise SecurityError(f"it makes a text of more than {MAX_CHARACTERS:,} characters")
        if self.made > MAX_MADE:
            raise SecurityError(f"it makes texts of more than {MAX_MADE:,} characters in all")


meter: ContextVar[Meter] = ContextVar("meter")

_TEXTS = (str, bytes)
_HOLDERS = (list, tuple, set, frozenset, dict)


def weight(*values: object) -> int:
    """Return about how many characters values have when printed; counting stops beyond MAX_CHARACTERS."""
    size, inside = 0, list(values)
    while inside and size <= MAX_CHARACTERS:
        value = inside.pop()
        if isinstance(value, _TEXTS):
            size += len(value)
        elif isinstance(value, _HOLDERS):
            size += PLACE * len(value)
            inside.extend(_things(value))
    return size


def _things(value: Iterable[Any]) -> Iterable[Any]:
    return (thing for pair in value.items() for thing in pair) if isinstance(value, dict) else value


def weighed(value: Any) -> Any:
    """Return what a template made, counted; raises SecurityError if it is too much."""
    if size := len(value) if isinstance(value, str) else weight(value):
        meter.get().take(size)
    return value
