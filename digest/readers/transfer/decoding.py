"""Read the bytes of a table as text: the encodings that spreadsheets write, and what is no text said in words."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from digest.errors import UsageError

MAX_BYTES = 2_000_000_000  # of one table: some ten million readers

_CHUNK = 1 << 20  # bytes
_BEGIN = 400  # bytes that tell what a file is

#: Longest first: the mark of UTF-16 begins that of UTF-32.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: How files begin that are no CSV, and what they are.
_OTHERS = (
    (b"PK\x05\x06", "an empty ZIP"),
    (b"PK\x03\x04", "a ZIP"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "compressed (gzip)"),
    (b"7z\xbc\xaf", "compressed (7-Zip)"),
    (b"SQLite format 3\0", "a SQLite database"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"<", "a web page or XML"),
    (b"{", "JSON"),
    (b"[{", "JSON"),
)
_AS_CSV = "save or export it as CSV and import that"


def text_of(data: BinaryIO) -> io.TextIOWrapper:
    """Return a table's text: by its byte order mark, else UTF-8, else Windows-1252 as older spreadsheets write it.

    The file is read once to find that out, in pieces; each kind of line end is "\\n" in the text. Closing the text
    closes the file. Raises UsageError for what is no text, naming what it is.
    """
    size = data.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise UsageError(f"the file is larger than {MAX_BYTES // 1_000_000} MB: split it")
    data.seek(0)
    begin = data.read(_BEGIN)
    if what := _other(begin):
        raise UsageError(f"the file is {what}, not CSV: {_AS_CSV}")
    encoding = next((name for name in _encodings(begin, size) if _fits(data, name)), "cp1252")
    data.seek(0)
    errors = "replace" if encoding == "cp1252" else "strict"
    return io.TextIOWrapper(data, encoding=encoding, errors=errors, newline=None)


def _fits(data: BinaryIO, encoding: str) -> bool:
    """Tell whether a whole file is text in an encoding; raises UsageError where it holds what no text holds."""
    data.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := data.read(_CHUNK):
            _refuse_binary(decoder.decode(chunk))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_binary(text: str) -> None:
    if "\0" in text:
        raise UsageError(f"the file is not text: {_AS_CSV}")


def _encodings(begin: bytes, size: int) -> Iterator[str]:
    yield from (encoding for mark, encoding in _MARKS if begin.startswith(mark))
    if size % 2 == 0 and begin.count(0) > len(begin) // 4:  # without a mark: every second byte of ASCII is 0
        yield "utf-16-le" if begin[1::2].count(0) > begin[0::2].count(0) else "utf-16-be"
    yield "utf-8"


def _other(begin: bytes) -> str:
    """Say what a file is that is no CSV; "" if it may be one."""
    begin = begin[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    return next((what for magic, what in _OTHERS if begin.upper().startswith(magic.upper())), "")


def workbook(archive: zipfile.ZipFile) -> str:
    """Say which kind of spreadsheet a ZIP is; "" for any other ZIP."""
    names = set(archive.namelist())
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)"
    if {"content.xml", "mimetype"} <= names:
        return "a LibreOffice spreadsheet (.ods)"
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        return "a Numbers spreadsheet"
    return ""


def refuse_workbook(archive: zipfile.ZipFile) -> None:
    """Raise UsageError for a spreadsheet, which is a ZIP inside."""
    if what := workbook(archive):
        raise UsageError(f"the file is {what}, not CSV: {_AS_CSV}")
