"""An edition's language: its fixed words, plural forms, lists, dates, times and direction (CLDR, through Babel)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, lists, numbers
from babel.core import get_global
from markupsafe import Markup, escape

from digest.words import SOURCE, languages, words

__all__ = ["Language", "direction", "languages"]

_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_ANY_RIGHT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_COMMAS = {"ar": "، ", "fa": "، ", "ur": "، ", "ja": "、", "zh": "，"}

#: Scripts without capitals and slanted letters, in which spacing letters closer tears or crowds them.
UPRIGHT = frozenset("Arab Hebr Hans Hant Jpan Kore Hira Kana Thai Deva Beng Taml".split())  # noqa: SIM905


def direction(*texts: str) -> str:
    """Return "rtl" or "ltr", the direction of most letters of these texts, "" where they have no letters.

    The first letter decides only between equals: "FIFA" begins many a headline that runs from the right.
    """
    text = "".join(texts)
    if not _ANY_RIGHT.search(text):  # as nearly every one
        return "ltr" if any(map(str.isalpha, text)) else ""
    right = left = 0
    first = ""
    for character in text:
        if (kind := unicodedata.bidirectional(character)) in _RIGHT_TO_LEFT:
            right += 1
            first = first or "rtl"
        elif kind == "L":
            left += 1
            first = first or "ltr"
    return first if right == left else "rtl" if right > left else "ltr"


_FROM_THE_RIGHT = frozenset("Adlm Arab Hebr Mand Nkoo Rohg Samr Syrc Thaa Yezi".split())  # noqa: SIM905


class Language:
    """The words of one language at one place on earth."""

    def __init__(self, code: str, timezone: str) -> None:
        self.locale = locale_of(code)
        self.code = str(self.locale).replace("_", "-")
        self.direction = "rtl" if self.locale.text_direction == "rtl" else "ltr"
        self.script = _script(str(self.locale), self.locale.language)
        if self.locale.language == SOURCE != code.partition("-")[0]:
            # One that CLDR only has a name for: dates are English, but the stories are in it.
            self.code, self.script = code, _script(code.replace("-", "_"), code.partition("-")[0])
            self.direction = "rtl" if self.script in _FROM_THE_RIGHT else "ltr"
        self.upright = self.script in UPRIGHT
        self._zone = ZoneInfo(timezone)
        self._own = words(self.locale.language)
        self.comma = _COMMAS.get(self.locale.language, ", ")

    def say(self, key: str, /, **values: object) -> str:
        """Return a fixed text of the mails; a number given as `n` picks its plural form."""
        return self.say_of("mail", key, **values)

    def say_of(self, group: str, key: str, /, **values: object) -> str:
        """Return a fixed text of a group ("mail", "page"); in English where this language has none."""
        name = f"{group}.{key}"
        own = self._own is not None and name in self._own
        catalogue = self._own if own else words(SOURCE)
        assert catalogue is not None
        n = int(str(values["n"])) if "n" in values else None
        numbers_ = (
            {} if n is None else {"n": numbers.format_decimal(n, locale=self.locale if own else SOURCE)}
        )
        return catalogue.text(name, n).format(**values | numbers_)

    def say_in_html(self, key: str, /, **values: object) -> str:
        """Return a fixed text of the mails for HTML; one that is not in this language says which it is in."""
        text = self.say(key, **values)
        if self._own is not None and f"mail.{key}" in self._own:
            return text
        # No quotes: where a template puts it into an attribute, it must not end that.
        return Markup("<span lang=en dir=ltr>") + escape(text) + Markup("</span>")

    def people(self, names: Sequence[str]) -> str:
        """Return authors as the language joins them, at most two by name: "A", "A and B", "A, B and 2 others"."""
        if len(names) <= 2 or self._own is None or "mail.others" not in self._own:
            return lists.format_list(list(names), locale=self.locale)
        first = self.locale.list_patterns["standard"]["middle"].format(*names[:2])
        return self.say("others", names=first, n=len(names) - 2)

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
            return self.clock(local)
        shape = "MMMd" if abs(here - local) < timedelta(days=300) else "yMMMd"
        return dates.format_skeleton(shape, local, tzinfo=self._zone, locale=self.locale)

    def clock(self, moment: datetime) -> str:
        """Return the time of day; many a typeface of mail programs has no narrow space, and sets a box or nothing."""
        text = dates.format_time(moment, "short", tzinfo=self._zone, locale=self.locale)
        return text.replace("\u202f", "\u00a0")

    def day(self, moment: datetime, today: datetime) -> str:
        """Return a date that has no time, as it was written: the day of `moment` in UTC, wherever the reader is."""
        shape = "MMMd" if abs(moment - today) < timedelta(days=300) else "yMMMd"
        return dates.format_skeleton(shape, moment, tzinfo=UTC, locale=self.locale)

    def daypart(self, moment: datetime) -> str:
        """Return "morning", "afternoon" or "evening"."""
        hour = self.local(moment).hour
        return "morning" if 3 <= hour < 12 else "afternoon" if 12 <= hour < 17 else "evening"


@cache
def locale_of(code: str) -> Locale:
    """Return the locale of a language tag, that of its language alone, or English."""
    for candidate in (code, code.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(SOURCE)


@cache
def _script(name: str, language: str) -> str:
    """Return the script that a language is written in (ISO 15924), as CLDR fills it in."""
    tags = get_global("likely_subtags")
    likely = tags.get(name) or tags.get(language) or ""
    parts = (*name.split("_"), *likely.split("_"))
    return next((part for part in parts if len(part) == 4 and part.isalpha()), "Latn")
