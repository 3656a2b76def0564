"""Whether two headlines tell the same story: nearly the same words, and nothing that tells them apart.

Alike are headlines that differ in the form of a word here and there ("approves", "approved"), or of which one, of
five words or more, is wholly in the other. They are not if a number differs ("Episode 41", "Episode 42"; "Part II",
"Part III"), if one word stands for another ("rise", "fall"), or if one of them denies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz import fuzz

MIN_WORDS = 3  # "Weather" and "Letters" are in every paper
MIN_WORDS_WITHIN = 5
MIN_RATIO = 90.0
MIN_WORD_RATIO = 75.0

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_ROMAN = re.compile(r"(?=[ivx]{2})x{0,3}(?:ix|iv|v?i{0,3})")
# Chinese, Japanese, Thai and their neighbours set no spaces between words, Korean few: there, pairs of letters
# that overlap stand for words.
WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_DENIALS = frozenset(
    [
        *("not", "no", "never", "nobody", "without", "denies", "deny", "denied"),
        *("nicht", "kein", "keine", "keinen", "nie", "niemand", "ohne", "dementiert"),
        *(
            "ne",
            "pas",
            "non",
            "jamais",
            "aucun",
            "sans",
            "nega",
            "nunca",
            "jamás",
            "sin",
            "não",
            "nem",
            "sem",
        ),
        *("niet", "geen", "nooit", "zonder", "inte", "ingen", "aldrig", "ikke", "aldri", "mai", "senza"),
        *("bez", "не", "нет", "ні", "hayır", "değil"),
    ]
)


class Headline(NamedTuple):
    """A headline made comparable: its words, and the numbers among them."""

    words: frozenset[str]
    numbers: frozenset[str]

    @classmethod
    def of(cls, title: str) -> Headline:
        words = frozenset(_words(title.casefold()))
        return cls(words, frozenset([word for word in words if _is_number(word)]))

    @property
    def line(self) -> str:
        """The words in an order that does not depend on the headline's."""
        return " ".join(sorted(self.words))


def alike(one: Headline, other: Headline) -> bool:
    """Say whether two headlines tell the same story."""
    shorter = min(len(one.words), len(other.words))
    if shorter < MIN_WORDS or one.numbers != other.numbers or 2 * len(one.words & other.words) < shorter:
        return False
    only_one, only_other = one.words - other.words, other.words - one.words
    if any(_denies(word) for word in only_one | only_other):
        return False
    if not only_one or not only_other:
        return only_one == only_other or shorter >= MIN_WORDS_WITHIN
    if fuzz.ratio(one.line, other.line) < MIN_RATIO:
        return False
    return _paired(only_one, only_other) and _paired(only_other, only_one)


def _paired(words: frozenset[str], others: frozenset[str]) -> bool:
    """Say whether each word is another form of one of the others: it begins like it and is spelt much like it."""
    return all(
        any(word[:2] == other[:2] and fuzz.ratio(word, other) >= MIN_WORD_RATIO for other in others)
        for word in words
    )


def _denies(word: str) -> bool:
    return word in _DENIALS or word.endswith(("n't", "n’t"))


def _is_number(word: str) -> bool:
    return word[0].isdigit() or (word[0] in "ivx" and _ROMAN.fullmatch(word) is not None)


def _words(title: str) -> Iterable[str]:
    words: list[str] = _WORD.findall(title)
    return words if title.isascii() or not WITHOUT_SPACES.search(title) else _pairs(words)


def _pairs(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if len(word) > 2 and WITHOUT_SPACES.search(word):
            yield from (word[start : start + 2] for start in range(len(word) - 1))
        else:
            yield word
