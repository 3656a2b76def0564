"""Whether two headlines tell the same story: nearly the same words, and nothing that tells them apart.

Alike are headlines that differ in the form of a word here and there ("approves", "approved"), or of which one, of
five words or more, is wholly in the other. They are not if a number differs ("Episode 41", "Episode 42"; "Part II",
"Part III"), if one word stands for another ("rise", "fall"), or if one of them denies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline made comparable: its words, sorted, and the numbers among them."""

    words: frozenset[str]
    numbers: frozenset[str]
    line: str

    @classmethod
    def of(cls, title: str) -> Headline:
        words = sorted(_words(title))
        numbers = frozenset(word for word in words if word[0].isdigit() or _ROMAN.fullmatch(word))
        return cls(frozenset(words), numbers, " ".join(words))


def alike(one: Headline, other: Headline) -> bool:
    """Say whether two headlines tell the same story."""
    if one.numbers != other.numbers or min(len(one.words), len(other.words)) < MIN_WORDS:
        return False
    only_one, only_other = one.words - other.words, other.words - one.words
    if any(_denies(word) for word in only_one | only_other):
        return False
    if not only_one or not only_other:
        is_same = not only_one and not only_other
        return is_same or min(len(one.words), len(other.words)) >= MIN_WORDS_WITHIN
    return fuzz.ratio(one.line, other.line, score_cutoff=MIN_RATIO) > 0 and (
        _paired(only_one, only_other) and _paired(only_other, only_one)
    )


def _paired(words: frozenset[str], others: frozenset[str]) -> bool:
    """Say whether each word is another form of one of the others: it begins like it and is spelt much like it."""
    return all(
        any(word[:2] == other[:2] and fuzz.ratio(word, other) >= MIN_WORD_RATIO for other in others)
        for word in words
    )


def _denies(word: str) -> bool:
    return word in _DENIALS or word.endswith(("n't", "n’t"))


def _words(title: str) -> Iterator[str]:
    for word in _WORD.findall(title.casefold()):
        if len(word) > 2 and WITHOUT_SPACES.search(word):
            yield from (word[start : start + 2] for start in range(len(word) - 1))
        else:
            yield word
