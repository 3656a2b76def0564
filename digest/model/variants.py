"""Variants of an edition: what it is for readers who chose sections, or who read weekly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from digest.model.editions import Mail
from digest.model.plans import Chosen


class Wanted(NamedTuple):
    """What readers who chose alike get of an edition: `sections` as they are stored, and for whom it is a round-up.

    `since` is the id of the last edition that its readers have had, 0 for none lately; None where it is no round-up.
    """

    sections: str  # JSON as the database has it; "" for all
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A story in a section of an earlier edition; `first` is the earliest edition that carried it. Both are ids."""

    edition: int
    first: int
    section: str
    chosen: Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """An edition as some readers get it; without a mail the `reason` says why they get none."""

    number: int  # from 1
    sections: tuple[str, ...] | None  # titles that it is restricted to; None for all
    since: int | None  # see `Wanted`
    mail: Mail | None
    stories: tuple[int, ...] = ()  # ids of articles, in their order
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """What was prepared for readers with choices before their edition opens.

    `wanted` leads to the variant's number, or to None for the edition's own mail. `hours` says when an hour of the day
    comes next in a time zone (as readers have it, "" for the newsletter's). `round_up` is whether weekly readers
    get this edition, and `whole` the round-up of the week for a slot that has nothing new.
    """

    all: tuple[Variant, ...] = ()
    wanted: Mapping[Wanted, int | None] = field(default_factory=dict)
    hours: Mapping[tuple[str, int], datetime] = field(default_factory=dict)
    recent: tuple[int, ...] = ()  # ids of the editions that a round-up looks back on
    round_up: bool = False
    readers: Mapping[Wanted, int] = field(default_factory=dict)  # how many chose so when it was prepared
    whole: Mail | None = None
    problems: tuple[str, ...] = ()

    @property
    def mailed(self) -> int:
        """How many readers with choices get a mail."""
        return sum(n for wanted, n in self.readers.items() if (one := self.get(wanted)) is None or one.mail)

    def get(self, wanted: Wanted) -> Variant | None:
        """Return the variant of readers who chose so; None for the edition's own mail."""
        number = self.wanted.get(wanted)
        return None if number is None else self.all[number - 1]


#: For an edition that opens without a look at what readers chose: all get its own mail, but for pauses.
NO_VARIANTS = Variants()
