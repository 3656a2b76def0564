"""How a person stands according to a file, and what its cells say about that.

A value that is not understood is never consent: it makes a row `UNPROVEN`, which is not taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Protocol

from digest.text import clean_text


class Standing(IntEnum):
    """The strictest comes last, and wins where a file says several things of one person."""

    CONFIRMED = 0
    UNPROVEN = (
        1  # has not confirmed, never agreed, or it cannot be told: not taken, and nothing is remembered
    )
    LEFT = 2  # remembered as unsubscribed
    SUPPRESSED = 3  # bounced or complained: nothing is ever sent there


@dataclass(frozen=True, slots=True)
class Says:
    """What a cell says: how its person stands, why, and since when if the cell itself is a date."""

    standing: Standing
    why: str
    at: str = ""


class Rule(Protocol):
    """Reads one column; returns None where a cell says nothing."""

    def __call__(self, heading: str, cell: str) -> Says | None: ...


@dataclass(frozen=True, slots=True)
class Word:
    """A column with a word for the standing; a word that is not in `meaning` makes the row unproven."""

    meaning: Mapping[str, Standing]
    empty: Standing = Standing.UNPROVEN

    def __call__(self, heading: str, cell: str) -> Says | None:
        word = plain(cell)
        if not word and self.empty is Standing.CONFIRMED:
            return None
        standing = self.meaning.get(word, Standing.UNPROVEN) if word else self.empty
        return None if standing is Standing.CONFIRMED else Says(standing, _quote(heading, cell))


@dataclass(frozen=True, slots=True)
class Flag:
    """A column with yes or no, or with a date that stands for yes; `other` is what any other text means."""

    yes: Standing = Standing.CONFIRMED
    no: Standing = Standing.CONFIRMED
    empty: Standing = Standing.CONFIRMED
    other: Standing = Standing.UNPROVEN

    def __call__(self, heading: str, cell: str) -> Says | None:
        if is_empty(cell):
            return Says(self.empty, f"its {heading} is empty") if self.empty else None
        at = cell if looks_like_date(cell) else ""
        answer = True if at else ANSWERS.get(plain(cell))
        standing = self.other if answer is None else self.yes if answer else self.no
        return Says(standing, _quote(heading, cell), at) if standing else None


@dataclass(frozen=True, slots=True)
class Filled:
    """A column that is filled only for those who stand so, such as the reason why they left."""

    standing: Standing

    def __call__(self, heading: str, cell: str) -> Says | None:
        at = cell if looks_like_date(cell) else ""
        return None if is_empty(cell) else Says(self.standing, _quote(heading, cell), at)


ANSWERS = (
    dict.fromkeys(("true", "yes", "y", "1", "t", "x", "on", "ja", "oui", "si", "sí", "sim", "tak", "так"), True)
    | dict.fromkeys(("false", "no", "n", "0", "f", "off", "nein", "nee", "non", "não", "nie", "ні"), False)
)  # fmt: skip
_EMPTY = {"", "null", "none", "nil", "\\n", "-", "n/a", "never", "0000-00-00", "0000-00-00 00:00:00"}
_SECONDS = re.compile(r"(1\d{9})(?:\d{3}|\.\d+)?")  # since 1970, from 2001 on; perhaps in milliseconds
_DATE = re.compile(r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:\D.*)?")
_BROKEN_UP = re.compile(r"[\s_-]+")


def plain(text: str) -> str:
    """Return a word for comparing: case, width, blanks, hyphens and how accents are encoded do not count."""
    return _BROKEN_UP.sub(" ", unicodedata.normalize("NFKC", text).strip().casefold())


def is_empty(cell: str) -> bool:
    """Tell whether a cell holds nothing, also as databases write it."""
    return cell.strip().casefold() in _EMPTY


def looks_like_date(cell: str) -> bool:
    """Tell whether a cell holds a day or a moment, in whatever order its numbers stand."""
    text = cell.strip()
    return _DATE.fullmatch(text) is not None or _SECONDS.fullmatch(text) is not None


_SAID = re.compile(  # year first, as ISO 8601, SQL and Go write it; "UTC" or an offset may follow
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?(?: ?(?:UTC|GMT|Z))?"
)
_DAY_FIRST = re.compile(r"(\d\d)-(\d\d)-(\d{4})(.*)")


def moment_of(text: str, *, day_first: bool = False) -> datetime | None:
    """Read a date as exports write it; without a zone it is UTC. None for one that could mean several days."""
    text = text.strip()
    if seconds := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(seconds[1]), UTC)
    if day_first and (found := _DAY_FIRST.fullmatch(text)):
        text = f"{found[3]}-{found[2]}-{found[1]}{found[4]}"
    if not (match := _SAID.fullmatch(text)):
        return None
    zone = match[3] or "+00:00"
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _quote(heading: str, cell: str) -> str:
    return f"its {heading} is {clean_text(cell, 60)!r}"
