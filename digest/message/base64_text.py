"""A MIME part in base64 (RFC 2045, 6.8) with holes in it, encoded once for all readers.

Worth it where most characters are not ASCII: quoted-printable makes six columns of a Cyrillic letter, nine of a Chinese
one. Three bytes become four characters, so how the text after a hole is encoded depends on the length of the value
before it, modulo three. All three forms are made in advance.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from digest.model import placeholders

ENCODING = b"base64"

_LINE_BYTES = 57  # bytes in a line of 76 columns


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Text between two holes: by how many of its bytes complete the group before it, the lines and what is left over."""

    text: bytes
    lines: tuple[bytes, bytes, bytes]
    rest: tuple[bytes, bytes, bytes]


class Base64Text:
    """The encoded part: `fill` gives the pieces whose concatenation is one reader's body."""

    def __init__(self, text: str, escape: Callable[[str], str]) -> None:
        self._escape = escape
        first, *others = placeholders.PATTERN.split(text.replace("\n", "\r\n"))
        self._first = _chunk(first)
        self._holes = [
            (placeholders.name_of(letter), _chunk(after))
            for letter, after in zip(others[::2], others[1::2], strict=True)
        ]

    def fill(self, values: Mapping[str, str]) -> list[bytes]:
        """Return the part's pieces with a reader's values in the holes; raises KeyError for a value that is missing."""
        known: dict[str, bytes] = {}
        pieces, carry = [self._first.lines[0]], self._first.rest[0]
        for name, chunk in self._holes:
            if name not in known:
                known[name] = self._escape(values[name]).encode("utf-8", "replace")
            data = carry + known[name]
            lent = -len(data) % 3
            if len(chunk.text) < lent:  # too short to complete the group of three bytes
                carry = data + chunk.text
                continue
            pieces += (_lines(data + chunk.text[:lent]), chunk.lines[lent])
            carry = chunk.rest[lent]
        pieces.append(_lines(carry))
        return pieces

    def __len__(self) -> int:
        return sum(len(chunk.lines[0]) for chunk in (self._first, *(chunk for _, chunk in self._holes)))


def _chunk(text: str) -> _Chunk:
    data = text.encode("utf-8", "replace")
    ends = [lent + (max(len(data) - lent, 0)) // 3 * 3 for lent in range(3)]
    lines = tuple(_lines(data[lent:end]) for lent, end in enumerate(ends))
    return _Chunk(data, lines, tuple(data[end:] for end in ends))  # type: ignore[arg-type]  # three each


def _lines(data: bytes) -> bytes:
    return b"".join(
        b64encode(data[start : start + _LINE_BYTES]) + b"\r\n" for start in range(0, len(data), _LINE_BYTES)
    )
