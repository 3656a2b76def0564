"""Notice that SQLite's write-ahead log lost what had been committed: a bad disk, a copy without it, a careless hand.

SQLite reads the log as far as its checksums are right and drops the rest without a word, as it must after a power cut.
After a process was killed, though, the index beside the log still says how far the log was good. Format: sqlite.org,
"Write-Ahead Logging File Format" (walformat.html).
"""

from __future__ import annotations

import struct
import sys
from array import array
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_HEADER_BYTES, _FRAME_BYTES = 32, 24  # bytes before the first frame, and before each frame's page
_INDEX_BYTES = 100  # bytes of the index that matter
_BIG_ENDIAN, _LITTLE_ENDIAN = 0x377F0683, 0x377F0682
_MASK = 0xFFFFFFFF

_seen: set[Path] = set()


def lost(file: Path) -> int:
    """Return how many pages of a database's log were committed and are gone; to be asked before it is opened.

    A file is looked at once: to close its index while this process has the database open would give up SQLite's locks.
    """
    path = file.absolute()
    if path in _seen:
        return 0
    _seen.add(path)
    with suppress(FileNotFoundError):  # there is no index after an orderly end
        return missing(path)
    return 0


def missing(path: Path) -> int:
    """Compare a log with its index; raises FileNotFoundError where there is no index."""
    committed, salt, copied = before = _index(path)
    if committed <= copied:
        return 0
    found = _whole(_beside(path, "-wal"), salt, committed)
    if found is None or found >= committed:
        return 0
    # Another process may have restarted or removed the log while we read it.
    return committed - max(found, copied) if _index(path) == before else 0


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _index(path: Path) -> tuple[int, bytes, int]:
    """Return how many frames the index knows, of which log, and how many of them are in the database itself."""
    index = _beside(path, "-shm").read_bytes()[:_INDEX_BYTES]
    if len(index) < _INDEX_BYTES or index[:48] != index[48:96] or not index[12]:  # half written, or not yet
        return 0, b"", 0
    committed, copied = (int.from_bytes(index[start : start + 4], sys.byteorder) for start in (16, 96))
    return committed, index[32:40], copied


def _whole(path: Path, salt: bytes, most: int) -> int | None:
    """Count the frames of a log up to the first that is damaged; None if it is another log than that with this salt."""
    try:
        with path.open("rb") as log:
            return _count(log, salt, most)
    except FileNotFoundError:
        return 0


def _count(log: BinaryIO, salt: bytes, most: int) -> int | None:
    header = log.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return 0
    magic, _, size = struct.unpack_from(">III", header)
    swapped = (magic == _BIG_ENDIAN) != (sys.byteorder == "big")
    sums = _sum(header[:24], (0, 0), swapped=swapped)
    if magic not in (_BIG_ENDIAN, _LITTLE_ENDIAN) or sums != struct.unpack_from(">II", header, 24):
        return 0
    if header[16:24] != salt:
        return None
    for count in range(most):
        frame = log.read(_FRAME_BYTES + size)
        if len(frame) < _FRAME_BYTES + size:
            return count
        sums = _sum(frame[:8] + frame[_FRAME_BYTES:], sums, swapped=swapped)
        if frame[8:16] != salt or sums != struct.unpack_from(">II", frame, 16):
            return count
    return most


def _sum(data: bytes, sums: tuple[int, int], *, swapped: bool) -> tuple[int, int]:
    """Carry a checksum on over words of 32 bits, two at a time."""
    words = array("I", data)
    if swapped:
        words.byteswap()
    one, two = sums
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & _MASK
        two = (two + second + one) & _MASK
    return one, two
