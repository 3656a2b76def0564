"""The months by their names in all languages that CLDR knows (through Babel), long and short.

A name is looked up in English first, for that is what feeds are meant to be written in, then in the language that the
source says it has, then in those that most feeds have, then in all. One that means several months there means none.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from babel import localedata

#: The languages of most feeds: a word of theirs is not made doubtful by a rarer language.
_COMMON: tuple[str, ...] = (
    "ar",
    "bg",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
    "gl",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "is",
    "it",
    "ja",
    "ko",
    "lt",
    "lv",
    "ms",
    "nb",
    "nl",
    "nn",
    "pl",
    "pt",
    "ro",
    "ru",
    "sk",
    "sl",
    "sr",
    "sv",
    "th",
    "tr",
    "uk",
    "ur",
    "vi",
    "zh",
    "de_AT",
    "es_PE",
    "no",
    "sr_Latn",
)
#: Short forms that feeds use and CLDR has not.
_OTHERS = {"mrz": 3, "ιον": 6, "ιολ": 7, "ιουν": 6, "ιουλ": 7, "μαϊ": 5, "φεβ": 2}
_MIN_BEGINNING_LETTERS = 3  # letters
_PREFIXES = ("de ", "d’", "d'", "mí ", "mis ")
_ENDS = ".॰׳’'ʼ "


def month_named(word: str, language: str = "") -> int | None:
    """Return the month that a word names, from 1; None if it names none, or several."""
    word = _key(word)
    for names in (_of("en"), _of(language)):
        if found := names.get(word) or _beginning(word, names):
            return _only(found)
    if word in _OTHERS:
        return _OTHERS[word]
    return _only(_common().get(word) or _all().get(word) or frozenset())


def _only(found: frozenset[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None


def _beginning(word: str, names: Mapping[str, frozenset[int]]) -> frozenset[int]:
    if len(word) < _MIN_BEGINNING_LETTERS:
        return frozenset()
    return frozenset().union(*(months for name, months in names.items() if name.startswith(word)))


@lru_cache(maxsize=64)
def _of(language: str) -> Mapping[str, frozenset[int]]:
    """Return the names in one language, given as a BCP 47 tag."""
    parts = language.replace("-", "_").split("_")
    codes = ["_".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return _table(filter(None, map(localedata.normalize_locale, codes)))


@cache
def _common() -> Mapping[str, frozenset[int]]:
    return _table(code for code in _COMMON if localedata.exists(code))


@cache
def _all() -> Mapping[str, frozenset[int]]:
    """Read all languages, which takes a second: once, and only for a word that no common one has."""
    return _table(localedata.locale_identifiers())


def _table(codes: Iterable[str]) -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for code in codes:
        for name, month in _names(code):
            for key in (_key(name), _unaccented(_key(name))):
                found[key].add(month)
    return {name: frozenset(months) for name, months in found.items() if name}


def _names(code: str) -> Iterator[tuple[str, int]]:
    known = code in localedata._cache
    months = _dict(localedata.load(code, merge_inherited=False).get("months"))
    if not known:
        localedata._cache.pop(code, None)  # all of them take a hundred megabytes
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for month, name in _dict(_dict(months.get(context)).get(width)).items():
                if isinstance(name, str):
                    yield name, month


def _dict(value: Any) -> Mapping[Any, Any]:
    """Return a language's own part of what Babel has; once merged it stands behind an alias."""
    if isinstance(value, tuple):
        value = value[1]
    return value if isinstance(value, Mapping) else {}


def _key(name: str) -> str:
    name = unicodedata.normalize("NFC", name.casefold()).strip(_ENDS)
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace("i̇", "i")


def _unaccented(name: str) -> str:
    """Return a name in Latin or Greek letters as it is typed in a hurry."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", name) if unicodedata.category(letter) != "Mn"
    )
    plain = plain.replace("ı", "i").replace("ł", "l")
    greek = all("\u0370" <= letter <= "\u03ff" for letter in plain)
    return plain if plain.isascii() or greek else name
