"""Recognise the exports of other systems, and know how people stand in them.

A system is an entry in `systems`; what its entry does not know of is read by the rules for all files (`general`).
A column that speaks of leaving and that no rule reads proves no consent: the import stops.
"""

from digest.readers.migrations.shape import System
from digest.readers.migrations.systems import SYSTEMS

__all__ = ["SYSTEMS", "System", "named", "recognise"]


def recognise(headings: frozenset[str]) -> System | None:
    """Return whose export a table is, by its headings (made plain by `readers.transfer.standing`); None if unknown."""
    return next(
        (system for system in SYSTEMS if any(headings >= marks for marks in system.marks)),
        None,
    )


def named(name: str) -> System | None:
    """Return a system by the name that people write."""
    return next((system for system in SYSTEMS if system.key == name.casefold().replace(" ", "")), None)
