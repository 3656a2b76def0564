"""An edition's language: its fixed words, plural forms, dates, times and direction (CLDR, through Babel)."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

_RIGHT_TO_LEFT = frozenset({"R", "AL"})


def direction(text: str) -> str:
    """Return "rtl" or "ltr" by the first strong character (Unicode Bidirectional Algorithm, P2), "" if there is none."""
    for character in text:
        if (kind := unicodedata.bidirectional(character)) in _RIGHT_TO_LEFT:
            return "rtl"
        if kind == "L":
            return "ltr"
    return ""


def languages() -> list[str]:
    """Return the codes that have a catalogue of fixed words."""
    return sorted(
        file.name.removesuffix(".toml") for file in _folder.iterdir() if file.name.endswith(".toml")
    )


class Language:
    """The words of one language at one place on earth."""

    def __init__(self, code: str, timezone: str) -> None:
        self.locale = _locale(code)
        self.code = str(self.locale).replace("_", "-")
        self.direction = "rtl" if self.locale.text_direction == "rtl" else "ltr"
        self._zone = ZoneInfo(timezone)
        self._words = _words("en") | _words(self.locale.language)

    def say(self, key: str, /, **values: object) -> str:
        """Return a fixed text; a number given as `n` picks its plural form."""
        text = self._words[key]
        if isinstance(text, dict):
            n = int(str(values["n"]))
            text = text.get(self.locale.plural_form(n), text["other"])
            values = values | {"n": self.number(n)}
        return text.format(**values)

    def number(self, n: int) -> str:
        return numbers.format_decimal(n, locale=self.locale)

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def date(self, moment: datetime) -> str:
        """Return the day as a newspaper's head has it: "Monday, 2 March 2026" in the language's own order."""
        return dates.format_date(self.local(moment), "full", self.locale)

    def time(self, moment: datetime, today: datetime) -> str:
        """Return the time of day, or the day where that is not `today`, with its year where that is not this one."""
        local, here = self.local(moment), self.local(today)
        if local.date() == here.date():
            return dates.format_time(local, "short", tzinfo=self._zone, locale=self.locale)
        shape = "MMMd" if abs(here - local) < timedelta(days=300) else "yMMMd"
        return dates.format_skeleton(shape, local, tzinfo=self._zone, locale=self.locale)

    def day(self, moment: datetime, today: datetime) -> str:
        """Return a date that has no time, as it was written: the day of `moment` in UTC, wherever the reader is."""
        shape = "MMMd" if abs(moment - today) < timedelta(days=300) else "yMMMd"
        return dates.format_skeleton(shape, moment, tzinfo=UTC, locale=self.locale)

    def daypart(self, moment: datetime) -> str:
        """Return "morning", "afternoon" or "evening"."""
        hour = self.local(moment).hour
        return "morning" if 3 <= hour < 12 else "afternoon" if 12 <= hour < 17 else "evening"


_folder = files("digest.edition") / "words"


@cache
def _locale(code: str) -> Locale:
    for candidate in (code, code.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


@cache
def _words(code: str) -> dict[str, str | dict[str, str]]:
    file = _folder / f"{code}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
