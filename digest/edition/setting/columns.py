"""Lines of a text part, measured as a terminal shows them: a wide character takes two columns, an accent none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WIDTH = 72  # columns
SPACES = re.compile(r"[^\S\u00a0\u202f\u3000]+")  # those three belong to French and East Asian typography

_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd]"
)
_WIDE_RUN = re.compile(f"{_WIDE.pattern}+")
_SQUARE = 0.7  # of a letter more
_SIMPLE = re.compile("[\x20-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u00a0]*")  # a column each
# Japanese and Chinese break between any two characters but these (JIS X 4051, GB/T 15834).
_NOT_FIRST = frozenset(
    "、。，．・：；？！‥…ー〜～）］｝〕〉》」』】〙〗’”»ゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.:;?!)]}%％°℃′″–—"
)
_NOT_LAST = frozenset("（［｛〔〈《「『【〘〖‘“«([{$￥¥#№")


def columns(text: str) -> int:
    """Return how many columns a text takes."""
    if _SIMPLE.fullmatch(text):
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def letters_wide(text: str) -> float:
    """Return how wide a text is in a proportional typeface, in letters: a character that fills a square counts more."""
    return len(text) + _SQUARE * sum(map(len, _WIDE_RUN.findall(text)))


def fill(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """Return one paragraph in lines of at most `width` columns, the first after `first`, the others after `rest`.

    A word that is longer stands alone, unbroken: it may be an address.
    """
    lines: list[str] = []
    line, used, room = "", 0, width - columns(first)
    for piece, size, space in _pieces(text):
        gap = space if line else 0
        if line and used + gap + size > room:
            lines.append(line)
            line, used, gap, room = "", 0, 0, width - columns(rest)
        line += " " * gap + piece
        used += gap + size
    lines.append(line)
    return [((rest if n else first) + line).rstrip(" ") for n, line in enumerate(lines)]


def _pieces(text: str) -> Iterable[tuple[str, int, int]]:
    """Yield what must not be broken, its columns, and the spaces before it (0 or 1)."""
    for word in SPACES.sub(" ", text).strip(" ").split(" "):
        space = 1
        for piece in _unbroken(word) if _WIDE.search(word) else (word,):
            yield piece, columns(piece), space
            space = 0


def _unbroken(word: str) -> Iterable[str]:
    """Yield the pieces of a word with wide characters in it: each alone, marks with what they belong to."""
    start = 0
    for at in range(1, len(word)):
        before, after = word[at - 1], word[at]
        breaks = _WIDE.match(before) or _WIDE.match(after)
        if breaks and after not in _NOT_FIRST and before not in _NOT_LAST and _columns(after):
            yield word[start:at]
            start = at
    yield word[start:]
