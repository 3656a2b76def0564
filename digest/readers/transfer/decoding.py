"""Turn the bytes of a table into text: the encodings that spreadsheets write, and what is no text said in words."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Iterator

from digest.errors import UsageError

MAX_BYTES = 200_000_000

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


def text_of(data: bytes) -> str:
    """Return a table's text: by its byte order mark, else UTF-8, else Windows-1252 as older spreadsheets write it.

    Raises UsageError for what is no text, naming what it is.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"the file is larger than {MAX_BYTES // 1_000_000} MB: split it")
    if what := _other(data):
        raise UsageError(f"the file is {what}, not CSV: {_AS_CSV}")
    text = _decoded(data)
    if "\0" in text:
        raise UsageError(f"the file is not text: {_AS_CSV}")
    return text


def _decoded(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def _encodings(data: bytes) -> Iterator[str]:
    yield from (encoding for mark, encoding in _MARKS if data.startswith(mark))
    begin = data[:400]
    if (
        len(data) % 2 == 0 and begin.count(0) > len(begin) // 4
    ):  # without a mark: every second byte of ASCII is 0
        yield "utf-16-le" if begin[1::2].count(0) > begin[0::2].count(0) else "utf-16-be"
    yield "utf-8"


def _other(data: bytes) -> str:
    """Say what a file is that is no CSV; "" if it may be one."""
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    begin = data[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    return next((what for magic, what in _OTHERS if begin.upper().startswith(magic.upper())), "")


def _archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except zipfile.BadZipFile:
        return "a broken ZIP"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)"
    if {"content.xml", "mimetype"} <= names:
        return "a LibreOffice spreadsheet (.ods)"
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        return "a Numbers spreadsheet"
    tables = sorted(name for name in names if name.lower().endswith((".csv", ".txt", ".tsv")))
    inside = f" (it holds {', '.join(tables[:5])})" if tables else ""
    return f"a ZIP{inside}: unpack it, its tables are imported one by one"
