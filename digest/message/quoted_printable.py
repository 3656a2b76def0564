"""A MIME part in quoted-printable (RFC 2045, 6.7) with holes in it, encoded once for all readers.

Text before a hole ends in a soft line break, and a reader's value brings its own lines that end in one. So no line
exceeds 76 columns whatever the value. Lines never begin with "." or "From " and never hold or end in runs of
blanks: the same bytes serve DATA without dot-stuffing, BDAT, and the body hash of DKIM's relaxed canonicalisation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from digest.model import placeholders

ENCODING = b"quoted-printable"

_LINE_COLUMNS = 73  # leaves room for a soft break and for a first character that had to be encoded
_PLAIN = re.compile(
    r"(?!\.|From )[!#-%(-;?-~]+(?: [!#-%(-;?-~]+)*"
)  # stands for itself, in HTML too, if it fits into one line
_SPECIAL = re.compile(rb"[^ -<>-~]|(?<= ) | $")


class QuotedPrintable:
    """The encoded part: `fill` gives the pieces whose concatenation is one reader's body."""

    def __init__(self, text: str, escape: Callable[[str], str]) -> None:
        self._escape = escape
        self._pieces: list[bytes] = []
        self._holes: list[tuple[str, int]] = []
        for index, piece in enumerate(placeholders.PATTERN.split(text)):
            if index % 2:
                self._holes.append((placeholders.name_of(piece), index))
            self._pieces.append(b"" if index % 2 else _encode(piece))
        for index in range(1, len(self._pieces), 2):
            before = self._pieces[index - 1]
            self._pieces[index - 1] = before if not before or before.endswith(b"\r\n") else before + b"=\r\n"

    def fill(self, values: Mapping[str, str]) -> list[bytes]:
        """Return the part's pieces with a reader's values in the holes; raises KeyError for a value that is missing."""
        pieces = self._pieces.copy()
        for name, index in self._holes:
            value = values[name]
            pieces[index] = _unescaped(value) or _escaped(value, self._escape)
        return pieces

    def __len__(self) -> int:
        return sum(map(len, self._pieces))


# A personal value becomes whole lines, each with a soft break at its end. The same value stands in several places of
# both parts, and often the next reader has it too.


@lru_cache(maxsize=64)
def _unescaped(value: str) -> bytes:
    """Encode a value that is the same in text and HTML and fits into one line; b"" if it does not."""
    plain = len(value) <= _LINE_COLUMNS and _PLAIN.fullmatch(value)
    return value.encode("ascii") + b"=\r\n" if plain else b""


@lru_cache(maxsize=64)
def _escaped(value: str, escape: Callable[[str], str]) -> bytes:
    return b"".join(line + b"=\r\n" for line in _lines(escape(value))) if value else b""


def _encode(text: str) -> bytes:
    return b"\r\n".join(b"=\r\n".join(_lines(line)) for line in text.split("\n"))


def _lines(line: str) -> list[bytes]:
    """Encode one line of text as lines of at most 75 columns."""
    encoded = _SPECIAL.sub(lambda match: b"=%02X" % match[0][0], line.encode("utf-8", "replace"))
    lines, start = [], 0
    while len(encoded) - start > _LINE_COLUMNS:
        end = start + _LINE_COLUMNS
        if encoded[end - 1] == 0x3D:  # never cut through "=XX"
            end -= 1
        elif encoded[end - 2] == 0x3D:
            end -= 2
        lines.append(_protected(encoded[start:end]))
        start = end
    lines.append(_protected(encoded[start:]))
    return lines


def _protected(line: bytes) -> bytes:
    """Encode a first character that mail servers would stumble over."""
    return b"=%02X" % line[0] + line[1:] if line.startswith((b".", b"From ")) else line
