"""The tables in a ZIP, read one by one into files without a name; nothing is written under a name that a ZIP gives.

A ZIP is hostile until shown otherwise: how many files it lists, how large they become and how they are packed has limits,
which are held against what is really read.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

from digest.errors import UsageError
from digest.readers.transfer.decoding import MAX_BYTES, refuse_workbook
from digest.text import clean_text

_MAGIC = b"PK\x03\x04"
_END = b"PK\x05\x06"  # of the record that ends a ZIP (APPNOTE.TXT 4.3.16)
_END_BYTES = 22
_COMMENT_BYTES = 65_535  # may follow it
_LARGE = b"PK\x06\x07"  # stands before it in a ZIP of more than 65,535 files or 4 GB
_MOST_FILES = 20_000
_MOST_LIST_BYTES = 8_000_000  # of their names and what goes with them
MOST_TABLES = 100  # no export has more
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others take as much memory as the ZIP asks for
_CHUNK = 1 << 20  # bytes
_TABLES = (".csv", ".tsv", ".txt")


def is_archive(data: BinaryIO) -> bool:
    """Tell whether a file is a ZIP."""
    data.seek(0)
    begin = data.read(len(_MAGIC))
    data.seek(0)
    return begin == _MAGIC


class Archive:
    """A ZIP that was opened; raises UsageError where it is none, or no ZIP that may be read.

    `tables` are what its files of text are called, `others` what else it holds.
    """

    def __init__(self, data: BinaryIO) -> None:
        _refuse_long_list(data)
        try:
            self._zip = zipfile.ZipFile(data)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UsageError(f"the file is a broken ZIP: {error}") from None
        refuse_workbook(self._zip)
        found = [one for one in self._zip.infolist() if not one.is_dir() and not _is_litter(one.filename)]
        infos = sorted((one for one in found if _is_table(one.filename)), key=lambda one: one.filename)
        self.tables: Sequence[str] = [shown(one.filename) for one in infos]
        self.others: Sequence[str] = [shown(one.filename) for one in found if not _is_table(one.filename)]
        self._infos = infos
        self._left = MAX_BYTES

    def open(self, number: int) -> BinaryIO:
        """Return a table's bytes, by its place among the tables; close it after use."""
        info, name = self._infos[number], self.tables[number]
        if info.flag_bits & 0x1:
            raise UsageError(f"{name} is encrypted: unpack the ZIP and import its files one by one")
        if info.compress_type not in _PACKED:
            raise UsageError(f"{name} is packed in an unusual way: unpack the ZIP and import its files")
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            for chunk in self._chunks(info, name):
                self._left -= len(chunk)
                if self._left < 0:
                    raise UsageError(
                        f"the files of the ZIP are larger than {MAX_BYTES // 1_000_000} MB: split them"
                    )
                copy.write(chunk)
        except BaseException:
            copy.close()
            raise
        return copy

    def _chunks(self, info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(info) as packed:
                while chunk := packed.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise UsageError(f"{name} in the ZIP is broken: {error}") from None


def shown(name: str) -> str:
    """Return a file's name as people and rules see it: without folders and whatever a terminal would obey."""
    return clean_text(PurePosixPath(name.replace("\\", "/")).name, 100) or "a file without a name"


def _is_table(name: str) -> bool:
    return name.lower().endswith(_TABLES)


def _is_litter(name: str) -> bool:
    """Tell whether a file is what macOS leaves beside the real ones."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith("._")


def _refuse_long_list(data: BinaryIO) -> None:
    """Raise UsageError before a list of millions of files is read into memory."""
    size = data.seek(0, io.SEEK_END)
    data.seek(max(0, size - _END_BYTES - _COMMENT_BYTES - 20))
    tail = data.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_BYTES:
        raise UsageError("the file is a broken ZIP: its end is missing")
    count, list_bytes = struct.unpack("<HI", tail[at + 10 : at + 16])
    if _LARGE in tail[:at] or count > _MOST_FILES or list_bytes > _MOST_LIST_BYTES:
        raise UsageError("the ZIP holds too many files: unpack it and import its tables one by one")
