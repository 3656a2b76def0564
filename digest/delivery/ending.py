"""Decide, with nothing in hand, whether a run is over, and else when to look again. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

SECONDS_BETWEEN_LOOKS = 0.5  # seconds between two looks at what other processes have in hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a run sees when it has nothing in hand; spans in seconds from now, infinity for never.

    `claimed_unknown`: the ledger holds rows as claimed by this run that it knows nothing of.
    """

    due_in: float = math.inf  # until something can be claimed
    opens_in: float = 0.0  # until some sender may be used; infinity: a person must act first
    repeat_in: float = math.inf  # until a call is to be repeated
    held_by_others: bool = False
    claimed_unknown: bool = False
    idle_for: float = 0.0  # since something moved


def next_look(seen: Look, wait: float) -> float | None:
    """Return the seconds until there may be something to do; None if the run is over.

    It is over when nothing is left, when a person must act first, or when nothing will have moved for `wait` seconds.
    What others have in hand counts as moving: they finish it, or turn out to be gone.
    """
    if seen.claimed_unknown:
        return 0.0
    something = min(seen.due_in, seen.repeat_in) < math.inf or seen.held_by_others
    if seen.opens_in == math.inf or not something:
        return None
    idle_for, until = seen.idle_for, min(seen.due_in, seen.repeat_in)
    if seen.held_by_others:
        idle_for, until = 0.0, min(until, SECONDS_BETWEEN_LOOKS)
    rest = max(0.0, seen.opens_in, until)
    if seen.held_by_others:
        rest = min(rest, SECONDS_BETWEEN_LOOKS)
    return None if idle_for + rest > wait else rest
