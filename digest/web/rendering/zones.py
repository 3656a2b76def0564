"""Time zones as a choice: by continent, each by its city in the reader's language, with its offset now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

#: Continent -> (IANA name, words), both in the order of the words.
Zones: TypeAlias = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

#: CLDR's codes (UN M.49) of the first parts of IANA's names; the oceans' islands stay under their English names.
_CONTINENTS = {
    "Africa": "002",
    "America": "019",
    "Antarctica": "AQ",
    "Asia": "142",
    "Australia": "AU",
    "Europe": "150",
    "Pacific": "009",
}
_ISLANDS = ("Atlantic", "Indian")


@lru_cache(maxsize=64)
def zones(language: str, year: int, month: int) -> Zones:
    """Return all places of the IANA database by continent; their offsets are those of a month's middle."""
    locale, middle = Locale.parse(language, sep="-"), datetime(year, month, 15, tzinfo=UTC)
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(_places()):
        code = _CONTINENTS.get(area := name.partition("/")[0])
        group = locale.territories.get(code, area) if code else area
        groups.setdefault(group, []).append((name, f"{_city(name, locale)} ({_offset(name, middle)})"))
    by_words = (
        (group, tuple(sorted(places, key=lambda one: one[1].casefold())))
        for group, places in sorted(groups.items())
    )
    return (*by_words, ("UTC", (("UTC", "UTC"),)))


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    return frozenset(
        name for name in available_timezones() if name.partition("/")[0] in (*_CONTINENTS, *_ISLANDS)
    )


def is_zone(name: str) -> bool:
    """Tell whether a name is one of the places."""
    return name == "UTC" or name in _places()


def _city(name: str, locale: Locale) -> str:
    found = locale.time_zones.get(name, {}).get("city")
    return str(found) if found else name.partition("/")[2].replace("_", " ").replace("/", ", ")


def _offset(name: str, at: datetime) -> str:
    offset = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    return f"UTC{'−' if minutes < 0 else '+'}{abs(minutes) // 60}:{abs(minutes) % 60:02}"
