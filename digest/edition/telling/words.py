"""Tell whether one text begins another, however differently two systems have cut and broken them."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = re.compile(r"[^\W_]+")
_CUT = re.compile(r"\[?\s*(?:…|\.\.\.)\s*\]?")  # where an excerpt ends; the words after it ask to read on
_MAX_REQUEST_CHARACTERS = 60  # characters of such a request
_SURE_LETTERS = 30  # letters: a match of this length is no coincidence
_NEARLY_ALL = 0.8  # of a text, and the rest is what a system added


def letters(text: str) -> str:
    """Return the letters and digits of a text alone, in one spelling: what two copies of it have in common."""
    return "".join(_LETTERS.findall(unicodedata.normalize("NFKC", text).casefold()))


def without_ending(excerpt: str) -> str:
    """Return an excerpt without its ellipsis and what asks to read on behind it."""
    for cut in _CUT.finditer(excerpt):
        if len(excerpt) - cut.end() <= _MAX_REQUEST_CHARACTERS and cut.start() > _MAX_REQUEST_CHARACTERS // 2:
            return excerpt[: cut.start()]
    return excerpt


def tells(text: str, excerpt: str) -> bool:
    """Say whether `text` tells what `excerpt` does: begins with it, or has all of it if it is long enough to be sure."""
    short, whole = letters(without_ending(excerpt)), letters(text)
    if not short:
        return True
    if len(short) < _SURE_LETTERS:
        return _begins(text, excerpt)
    if short in whole:
        return True
    same = next((n for n, (a, b) in enumerate(zip(short, whole, strict=False)) if a != b), len(whole))
    return same >= max(_SURE_LETTERS, _NEARLY_ALL * len(short))


def _begins(text: str, excerpt: str) -> bool:
    """Say whether a text begins with the words of a short excerpt, and with whole ones."""
    words = _LETTERS.findall(unicodedata.normalize("NFKC", without_ending(excerpt)).casefold())
    first = _LETTERS.findall(unicodedata.normalize("NFKC", text[: 4 * len(excerpt) + 80]).casefold())
    return first[: len(words)] == words
