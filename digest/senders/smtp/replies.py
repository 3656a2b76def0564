"""Read a server's replies out of the bytes that come in (RFC 5321, 4.2; RFC 3463 for enhanced codes)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_LINE = 4096  # RFC 5321 asks for 512; some servers chatter
MAX_LINES = 200  # of one reply

_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e]+")


class NotSmtpError(Exception):
    """What came in is not a reply: the conversation can no longer be trusted."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, and the text of each of its lines."""

    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.code} {' '.join(self.lines)}"
        if not text.isprintable() or "  " in text:
            text = " ".join(_CONTROL.sub(" ", text).split())
        return text[:500].rstrip(" ")

    @property
    def enhanced(self) -> tuple[int, int, int] | None:
        """The enhanced status code, such as (5, 1, 1)."""
        found = _ENHANCED.match(self.lines[0])
        return (int(found[1]), int(found[2]), int(found[3])) if found else None


class ReplyReader:
    """Turns bytes into replies; keeps what is not complete yet, within bounds."""

    def __init__(self) -> None:
        self._partial = b""
        self._lines: tuple[str, ...] = ()  # of a reply whose last line has not come yet
        self._code = 0

    @property
    def pending(self) -> bool:
        """Whether the beginning of a reply has come in, but not its end."""
        return bool(self._partial or self._lines)

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Take bytes in and yield the replies they complete; raises NotSmtpError at anything else."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            part, is_last = _read(line)
            if self._lines or not is_last:
                if reply := self._add(part, is_last=is_last):
                    yield reply
            else:
                yield part
        if len(self._partial) > MAX_LINE:
            raise NotSmtpError("a line without end")

    def _add(self, part: Reply, *, is_last: bool) -> Reply | None:
        if self._lines and part.code != self._code:
            raise NotSmtpError(f"a reply that begins with {self._code} and goes on with {part.code}")
        if len(self._lines) >= MAX_LINES:
            raise NotSmtpError("a reply without end")
        self._code = part.code
        self._lines += part.lines
        if not is_last:
            return None
        lines, self._lines = self._lines, ()
        return Reply(part.code, lines)


@lru_cache(maxsize=256)  # a server says the same few things for every message
def _read(line: bytes) -> tuple[Reply, bool]:
    """Return a line as a reply of its own, and whether it ends one; raises NotSmtpError."""
    found = _LINE.fullmatch(line.removesuffix(b"\r"))
    if found is None or len(line) > MAX_LINE:
        raise NotSmtpError(f"not an SMTP reply: {line[:80]!r}")
    return Reply(int(found[1]), ((found[3] or b"").decode("utf-8", "replace"),)), found[2] != b"-"
