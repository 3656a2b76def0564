"""In which order the sitemaps of an index are read: by their dates, else by those in their names, else from both ends.

Some sites put the newest first, WordPress the oldest: of a numbered series without dates the last and the first are read,
and then those beside the newer one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

Child: TypeAlias = tuple[str, datetime | None]

_NUMBER = re.compile(r"\d+")
_ASIDE = re.compile(
    r"author|user|categor|(?<![a-z])tags?(?![a-z])|taxonom|image|video|product|(?<![a-z])pages?(?=[-_.]|$)",
    re.IGNORECASE,
)
_FIRST_YEAR, _LAST_YEAR = 1995, 2100


@dataclass(slots=True)
class _Series:
    """Sitemaps whose names differ in their numbers only, in the order of these."""

    urls: list[str]
    is_dated: bool  # by the numbers in the names
    newest: dict[int, datetime] = field(default_factory=dict)  # by place: what was found there
    low: int = 0
    high: int = -1
    turn: int = 0

    def __post_init__(self) -> None:
        self.high = len(self.urls) - 1

    @property
    def is_aside(self) -> bool:
        """Say whether its name is that of something else than articles."""
        return bool(_ASIDE.search(self.urls[0].rpartition("/")[2]))

    def take(self) -> int | None:
        """Return the place of the next one to read."""
        if self.low > self.high:
            return None
        first, last = self.newest.get(0), self.newest.get(len(self.urls) - 1)
        at_the_front = self.turn == 1 if first is None or last is None else first > last
        self.turn += 1
        if at_the_front and not self.is_dated:
            self.low += 1
            return self.low - 1
        self.high -= 1
        return self.high + 1


class Order:
    """The sitemaps of an index that wait to be read."""

    def __init__(self, children: Sequence[Child]) -> None:
        moments = {moment for _, moment in children if moment}
        telling = len(moments) > 1 or len(children) == 1  # one date for all is that of the index itself
        self._dated = [child for child in children if child[1] and telling]
        self._series = _series_of([url for url, moment in children if not (moment and telling)])
        self._places: dict[str, tuple[_Series, int]] = {}

    def __bool__(self) -> bool:
        return bool(self.waiting)

    @property
    def waiting(self) -> int:
        """How many were not taken yet."""
        return len(self._dated) + sum(max(0, one.high - one.low + 1) for one in self._series)

    def take(self) -> Child:
        """Return the next sitemap, with its date if it has one that tells."""
        if self._dated:
            return self._dated.pop(0)
        series = min(
            (one for one in self._series if one.low <= one.high),
            key=lambda one: (one.is_aside, one.turn > 1),
        )
        place = series.take()
        assert place is not None
        self._places[series.urls[place]] = (series, place)
        return series.urls[place], None

    def tell(self, url: str, newest: datetime | None) -> None:
        """Remember of when the newest article of a sitemap is."""
        if url in self._places and newest:
            series, place = self._places[url]
            series.newest[place] = newest

    def unknown(self) -> int:
        """Return how many are left that may be newer than what was read."""
        return sum(
            one.high - one.low + 1
            for one in self._series
            if one.low <= one.high
            and not one.is_dated
            and len(one.newest) < 2
            and not _ASIDE.search(one.urls[0])
        )


def _series_of(urls: Sequence[str]) -> list[_Series]:
    groups: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        groups[_NUMBER.sub("#", url)].append(url)
    found = []
    for group in groups.values():
        is_dated = len(group) > 1 and all(_dates(url) for url in group)
        numbered = sorted(group, key=_numbers) if "#" in _NUMBER.sub("#", group[0]) else group
        found.append(_Series(numbered, is_dated))
    return found


def _numbers(url: str) -> tuple[int, ...]:
    return tuple(int(number[:12]) for number in _NUMBER.findall(url))


def _dates(url: str) -> bool:
    """Say whether a name has a year in it: "posts-2031-03.xml"."""
    name = url.rpartition("/")[2]
    return any(
        _FIRST_YEAR <= int(number[:4]) < _LAST_YEAR for number in re.findall(r"(?<!\d)\d{4,8}(?!\d)", name)
    )
