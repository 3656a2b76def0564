"""Soft hyphens: where long words may be parted at a line's end, so that none is torn or runs off a phone.

The method is Liang's (TeX): patterns of letters with digits between them, of which the odd ones allow a break. They come
with the package pyphen, and are read here without it: in milliseconds, digits looked at only where a pattern is met.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

SOFT_HYPHEN = "\u00ad"
MIN_LETTERS = 13  # letters; shorter words fit a line of any phone
_MIN_EDGE_LETTERS = 3  # letters that stay together at both ends of a word
_MAX_PATTERN_LETTERS = 20  # letters of a pattern

#: Languages and the patterns for them, each looked at for its licence (docs/adr); others have none.
_PATTERNS = {
    "de": "de_DE", "en": "en_US", "en-GB": "en_GB", "es": "es", "fr": "fr", "it": "it_IT", "nl": "nl_NL", "pl": "pl_PL",
    "pt": "pt_BR",
}  # fmt: skip
_CYRILLIC = frozenset({"uk", "be", "bg", "mk", "ru", "sr"})  # parted by syllables, as their schools teach it

_LONG_WORD = re.compile(rf"[^\W\d_]{{{MIN_LETTERS},}}")
_ADDRESS = re.compile(r"\S*(?:://|@|www\.|\w\.\w+/)\S*")
_VOWELS = frozenset("аеєиіїоуюяыэёъ")
_FLOWING = frozenset("рлмнвйј")
_BOUND = frozenset("ьъй'’")  # belong to the letter before them


def hyphenated(text: str, language: str) -> str:
    """Return `text` with soft hyphens in its long words, where `language` parts them; addresses stay whole."""
    if not _LONG_WORD.search(text) or not _knows(language):
        return text
    pieces, end = [], 0
    for address in _ADDRESS.finditer(text):
        pieces += [_in_words(text[end : address.start()], language), address[0]]
        end = address.end()
    return "".join([*pieces, _in_words(text[end:], language)])


def _knows(language: str) -> bool:
    primary = language.partition("-")[0].lower()
    return primary in _PATTERNS or primary in _CYRILLIC


def _in_words(text: str, language: str) -> str:
    return _LONG_WORD.sub(lambda word: SOFT_HYPHEN.join(parts(word[0], language)), text)


@lru_cache(maxsize=4096)  # what does not fit into a mail at first is set several times
def parts(word: str, language: str) -> tuple[str, ...]:
    """Return the parts that a word may be broken into; the whole word where that is unknown."""
    primary = language.partition("-")[0].lower()
    if primary in _CYRILLIC:
        breaks = _syllables(word.lower())
    elif name := _PATTERNS.get(language) or _PATTERNS.get(primary):
        breaks = _liang(word.lower(), _patterns(name))
    else:
        return (word,)
    ends = [at for at in breaks if _MIN_EDGE_LETTERS <= at <= len(word) - _MIN_EDGE_LETTERS]
    return tuple(word[start:end] for start, end in zip([0, *ends], [*ends, len(word)], strict=True))


def _liang(word: str, patterns: Mapping[str, str]) -> list[int]:
    letters = f".{word}."
    points = [0] * (len(letters) + 1)
    for start in range(len(letters)):
        for end in range(start + 1, min(start + _MAX_PATTERN_LETTERS, len(letters)) + 1):
            if (pattern := patterns.get(letters[start:end])) is not None:
                at = start
                for character in pattern:
                    if character.isdigit():
                        points[at] = max(points[at], int(character))
                    else:
                        at += 1
    return [at - 1 for at in range(2, len(letters) - 1) if points[at] % 2]


@cache
def _patterns(name: str) -> Mapping[str, str]:
    """Return a language's patterns by their letters; what else its file has is no letters of any word."""
    package = find_spec("pyphen")  # found and not imported: it would list its folder at every start
    assert package is not None
    file = Path((package.submodule_search_locations or [""])[0]) / "dictionaries" / f"hyph_{name}.dic"
    name_of_encoding, _, raw = file.read_bytes().replace(b"\r", b"").partition(b"\n")
    encoding = name_of_encoding.decode("ascii").strip()
    letters = raw.translate(None, b"0123456789").decode(encoding, "replace").split("\n")
    return dict(zip(letters, raw.decode(encoding, "replace").split("\n"), strict=True))


def _syllables(word: str) -> list[int]:
    """Return where a Cyrillic word may be parted: a vowel in each part, one consonant before it, two such as "тр"."""
    breaks, last = [], -1
    for at, letter in enumerate(word):
        if letter not in _VOWELS:
            continue
        if last >= 0:
            between = at - last - 1
            pair = between > 1 and word[at - 1] in _FLOWING and word[at - 2] not in _FLOWING | _BOUND
            cut = at - 2 if pair else at - 1 if between else at
            if word[cut] in _BOUND:  # a soft sign stays with its letter
                cut = at
            breaks.append(cut)
        last = at
    return breaks
