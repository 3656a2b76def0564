"""What an import needs to know of a system whose exports it reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.readers.transfer.standing import Rule, Standing

#: Exact headings (plain), one of which stands for all: no file is ever missing it.
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system's export; all headings in it are plain (lower case, blanks for hyphens and underscores).

    It is this system's where all headings of one of the sets in `marks` are there. `columns` says how to read the
    columns that tell standing, `needs` which of them must be there before any row is taken, and `ask` what to ask the
    old system for where they are not. Where `files` is given, its words in the name of the file tell the standing of
    all rows; a name with none of them leaves it to the row: only a row with a date in `proven_by` is taken.
    """

    name: str
    marks: tuple[frozenset[str], ...] = ()
    columns: Mapping[str, Rule] = field(default_factory=dict)
    needs: tuple[frozenset[str], ...] = ()  # of each set one
    ask: str = ""
    files: Mapping[str, Standing] = field(default_factory=dict)
    tables: re.Pattern[str] | None = None  # names of the files in its ZIP that hold readers
    proven_by: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()  # columns that sound like standing and are not
    proof: tuple[str, ...] = ()  # of consent, beyond what all files call it; sign-up times count last
    left_at: tuple[str, ...] = ()  # when those left who left, where the telling column has no date
    day_first: bool = False  # dates such as 12-04-2022
    never: re.Pattern[str] | None = None  # addresses that belong to no person
    note: str = ""  # what an operator should know of these exports

    @property
    def key(self) -> str:
        return self.name.casefold().replace(" ", "")

    def standing_by_name(self, file: str) -> Standing | None:
        """Return what a file's name says of all its rows; the longest word counts."""
        name = file.casefold()
        words = sorted(self.files, key=len, reverse=True)
        return next(
            (self.files[word] for word in words if re.search(rf"(?<![a-z]){word}(?![a-z])", name)), None
        )
