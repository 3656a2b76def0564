"""Bodies within bounds: gzip inflated in small steps, so that no chunk can become larger than the limit."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from digest.errors import SourceError

_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 65_536
_MAX_MEMBERS = 1_000  # each costs time even if it is empty; a sitemap in blocks of 64 kB has 800
# Text does not compress 200 times; what does so beyond 1 MB is a bomb.
_MAX_RATIO, _RATIO_COUNTS_FROM_BYTES = 200, 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a body is taken: at most `max_bytes` of a whole one, or the `first` bytes and then no more."""

    max_bytes: int
    first: int | None = None


class Inflater:
    """Collects a body; what is gzip is inflated, member after member (RFC 1952, 2.2), and the rest kept as it is.

    The bytes decide and not the header: servers announce gzip and send plain text, and the other way round.
    Raises SourceError as soon as the body is larger than `max_bytes`, grows out of all proportion, or is in
    absurdly many pieces.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._first: bytes | None = b""  # until there are enough bytes to tell; None from then on
        self._member: zlib._Decompress | None = None
        self._chunks: list[bytes] = []
        self._size = self._received = self._members = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as they came over the wire."""
        self._received += len(chunk)
        if self._first is not None:
            self._first += chunk
            if len(self._first) < len(_GZIP):
                return
            chunk, self._first = self._first, None
            if chunk.startswith(_GZIP):
                self._member = zlib.decompressobj(31)
        if self._member is None:
            self._keep(chunk)
        else:
            self._inflate(self._member, chunk)

    def _inflate(self, member: zlib._Decompress, chunk: bytes) -> None:
        while True:
            if member.eof:
                if not chunk.startswith(_GZIP):
                    return  # nothing more, or padding after the last member, as gzip(1) ignores it
                self._member = member = self._next_member()
            try:
                data = member.decompress(chunk, _CHUNK_BYTES)
            except zlib.error:
                raise SourceError("the compressed (gzip) answer is damaged") from None
            self._keep(data)
            chunk = member.unused_data if member.eof else member.unconsumed_tail
            if not chunk and len(data) < _CHUNK_BYTES:
                return

    def _next_member(self) -> zlib._Decompress:
        self._members += 1
        if self._members >= _MAX_MEMBERS:
            raise SourceError("the compressed (gzip) answer is in absurdly many pieces")
        return zlib.decompressobj(31)

    def _keep(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._size > self._max_bytes:
            raise SourceError(f"the answer is larger than {self._max_bytes / 1_000_000:g} MB")
        if self._size > _RATIO_COUNTS_FROM_BYTES and self._size > _MAX_RATIO * self._received:
            raise SourceError("the compressed answer grows out of all proportion: it looks like a gzip bomb")

    def finish(self) -> bytes:
        """Return the whole body; raises SourceError if its end is missing."""
        if self._first:
            self._keep(self._first)
        if self._member is not None and not self._member.eof:
            raise SourceError("the compressed (gzip) answer breaks off before its end")
        return b"".join(self._chunks)


def is_packed(body: bytes) -> bool:
    """Say whether a body is gzip."""
    return body.startswith(_GZIP)


def inflate(body: bytes, *, max_bytes: int = 15_000_000) -> bytes:
    """Return a body inflated if it is gzip, as files named `.gz` are; raises SourceError as `Inflater` does."""
    inflater = Inflater(max_bytes)
    for start in range(0, len(body), _CHUNK_BYTES):  # every step copies what is left of its chunk
        inflater.feed(body[start : start + _CHUNK_BYTES])
    return inflater.finish()


def beginning(body: bytes, count: int) -> bytes:
    """Return the first bytes of a body that may break off, inflated if it is gzip; raises SourceError."""
    if not is_packed(body):
        return body[:count]
    try:
        return zlib.decompressobj(31).decompress(body, count)
    except zlib.error:
        raise SourceError("the compressed (gzip) answer is damaged") from None
