"""What an import came to: a verdict on every row, and how many there are of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What became of a row."""

    ADDED = "added"
    KNOWN = "known"  # was subscribed already
    REFUSED = "refused"  # was not taken
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became of one row: its line in the file, what stood there, the verdict and why."""

    line: int
    address: str
    verdict: Verdict
    why: str = ""
    file: str = ""  # which file of a ZIP, "" for a file of its own

    def __str__(self) -> str:
        verdict = "" if self.verdict is Verdict.REFUSED else f"{self.verdict}: "
        place = f"{self.file} line {self.line}" if self.file else f"line {self.line}"
        return f"{place}: {self.address}: {verdict}{self.why}"

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "address": self.address,
            "verdict": self.verdict.value,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import came to; `known` were subscribed already, `refused` were not taken.

    `rows` is gone through as often as needed, and never held whole: a file may have millions.
    """

    recognised: str | None = None  # whose export it is
    added: int = 0
    known: int = 0
    refused: int = 0
    suppressed: int = 0
    unsubscribed: int = 0
    unused_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows: Iterable[RowVerdict] = ()

    def summary(self) -> dict[str, Any]:
        """Return all but the rows, with the keys of the JSON."""
        return {
            "recognised": self.recognised,
            "added": self.added,
            "known": self.known,
            "refused": self.refused,
            "suppressed": self.suppressed,
            "unsubscribed": self.unsubscribed,
            "unused_columns": list(self.unused_columns),
            "notes": list(self.notes),
        }


NOBODY = Report()  # what an import comes to that was refused as a whole
