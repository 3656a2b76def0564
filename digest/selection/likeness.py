"""Whether two headlines tell the same story: nearly the same words, and nothing that tells them apart.

Alike are headlines that differ in the form of a word here and there ("approves", "approved"), or of which one, of
five words or more, is wholly in the other. They are not if a number differs ("Episode 41", "Episode 42"; "Part II",
"Part III"), if one word stands for another ("rise", "fall"), or if one of them denies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from rapidfuzz import fuzz

MIN_WORDS = 3  # "Weather" and "Letters" are in every paper
MIN_WORDS_WITHIN = 5
MIN_RATIO = 90.0
MIN_WORD_RATIO = 75.0

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_WORDS_ALONE = bytes(code if chr(code).isalnum() and code < 128 else ord(" ") for code in range(256))
_DIGITS = "0123456789"
_ROMAN = re.compile(r"(?=[ivx]{2})x{0,3}(?:ix|iv|v?i{0,3})")
# Chinese, Japanese, Thai and their neighbours set no spaces between words, Korean few: there, pairs of letters
# that overlap stand for words.
WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_DENIALS = frozenset(
    re.findall(
        r"\S+",
        """
        not no never nobody without denies deny denied  nicht kein keine keinen nie niemand ohne dementiert
        ne pas non jamais aucun sans  nega nunca jamás sin  não nem sem  mai senza  niet geen nooit zonder
        inte ingen aldrig  ikke aldri  nie bez  не нет ні  hayır değil
        """,
    )
)

#: A headline made comparable: its words, each once.
Headline: TypeAlias = tuple[str, ...]


def headline(title: str) -> Headline:
    """Make a title comparable."""
    folded = title.casefold()
    if folded.isascii() and "'" not in folded:
        return tuple(dict.fromkeys(_plain_words(folded)))
    words: Iterable[str] = _WORD.findall(folded)
    if not folded.isascii() and WITHOUT_SPACES.search(folded):
        words = _pairs(words)
    return tuple(dict.fromkeys(words))


def _plain_words(folded: str) -> list[str]:
    """Return what `_WORD` finds in a text of ASCII without apostrophes, in a seventh of the time."""
    return folded.encode().translate(_WORDS_ALONE).decode().split()


def numbers(words: Iterable[str]) -> frozenset[str]:
    """Return the numbers among words, Roman ones included."""
    return frozenset(
        [word for word in words if word[0] in _DIGITS or (word[0] in "ivx" and _ROMAN.fullmatch(word))]
    )


def alike(one: Headline, other: Headline) -> bool:
    """Say whether two headlines tell the same story."""
    shorter, first, second = min(len(one), len(other)), frozenset(one), frozenset(other)
    if shorter < MIN_WORDS or 2 * len(first & second) < shorter or numbers(one) != numbers(other):
        return False
    only_first, only_second = first - second, second - first
    if any(_denies(word) for word in only_first | only_second):
        return False
    if not only_first or not only_second:
        return only_first == only_second or shorter >= MIN_WORDS_WITHIN
    if fuzz.ratio(" ".join(sorted(one)), " ".join(sorted(other))) < MIN_RATIO:
        return False
    return _paired(only_first, only_second) and _paired(only_second, only_first)


def _paired(words: frozenset[str], others: frozenset[str]) -> bool:
    """Say whether each word is another form of one of the others: it begins like it and is spelt much like it."""
    return all(
        any(word[:2] == other[:2] and fuzz.ratio(word, other) >= MIN_WORD_RATIO for other in others)
        for word in words
    )


def _denies(word: str) -> bool:
    return word in _DENIALS or word.endswith(("n't", "n’t"))


def _pairs(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if len(word) > 2 and WITHOUT_SPACES.search(word):
            yield from (word[start : start + 2] for start in range(len(word) - 1))
        else:
            yield word
