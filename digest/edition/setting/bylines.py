"""Who wrote it and where it is from, as short as readers need it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.text import truncate

_LONG_SOURCE_LETTERS = 30  # letters
_SOURCE_ENDS = re.compile(r"\s+[-–—|·•»:]+\s+|\s*(?::|\||»|–|—)\s+")
_COMMA = re.compile(r"\s*[,;،、，]\s*")
_PART_OF_A_NAME = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?\s?d|m\.?d|mba|esq|dds|rn|msc|ma|ba)\.?", re.I)
_AND = re.compile(r"^(?:and|und|et|y|e|en|i|та|і|und|&|و)\s+|\s+(?:and|und|et|y|e|en|i|та|і|&)\s+")
_MAX_NAME_LETTERS = 60  # letters: what is longer is a sentence, and its commas do not part names


def authors(byline: str) -> list[str]:
    """Return the authors of a byline one by one; "Martin King, Jr." is one, and "A, B and C" are three."""
    names: list[str] = []
    for part in _COMMA.split(byline):
        if names and _PART_OF_A_NAME.fullmatch(part):
            names[-1] += f", {part}"
        elif part:
            names.append(part)
    if len(names) > 1:  # in a list, "and" parts the last two
        names[-1:] = [name.strip() for name in _AND.split(names[-1]) if name and name.strip()]
    return names if all(len(name) <= _MAX_NAME_LETTERS for name in names) else [byline]


def short_source(title: str) -> str:
    """Return the name in a source's title: feeds write their motto after a dash or a bar."""
    if len(title) <= _LONG_SOURCE_LETTERS:
        return title
    name = _SOURCE_ENDS.split(title, maxsplit=1)[0].strip()
    return name if 2 < len(name) <= 2 * _LONG_SOURCE_LETTERS else truncate(title, 2 * _LONG_SOURCE_LETTERS)


def said(sources: Iterable[str], own: Iterable[str]) -> set[str]:
    """Return the sources of an edition that are named to readers: not the only one, and not the paper itself."""
    named = set(sources)
    return (
        set()
        if len(named) <= 1
        else named - {name for name in named if name.casefold() in {one.casefold() for one in own}}
    )
