"""Bring readers in from a CSV file, with a report on every line that could not be taken, and out again.

A file has a line of headings (address or email, perhaps name or its parts, status, and columns that prove consent) or
just an address in its first column; commas, semicolons or tabs between the cells; UTF-8, or Windows-1252 as spreadsheets
write it.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, TextIO

from digest.errors import UsageError
from digest.readers import addresses
from digest.store.database import Database
from digest.store.readers import Entry, Subscriber, Verdict, add
from digest.text import clean_text

MAX_BYTES = 200_000_000
HEADINGS = ("address", "name", "newsletter", "status", "since", "consent")

_BATCH = 5000  # lines per transaction: others get their turn in between
_ADDRESS = {"address", "email", "e-mail", "mail", "email address", "e-mail address", "email_address"}
_NAME = {"name", "full name", "full_name"}
_FIRST = {"first name", "first_name", "firstname", "given name"}
_LAST = {"last name", "last_name", "lastname", "family name", "surname"}
_STATUS = {"status", "state"}
_PROOF = {
    "consent",
    "since",
    "source",
    "ip",
    "subscribed_at",
    "confirmed_at",
    "confirmed_ip",
    "optin_time",
    "optin_ip",
}
_WILLING = {"", "confirmed", "subscribed", "active", "enabled"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of a formula


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that could not be taken: its number in the file, what stood there, and why."""

    line: int
    address: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.address}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Report:
    """What an import came to; `known` were subscribed already."""

    added: int
    known: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    address: str
    name: str = ""
    status: str = ""
    proof: Mapping[str, str] = field(default_factory=dict)


async def import_csv(
    db: Database, newsletter: str, data: bytes, now: datetime, *, consent: Mapping[str, Any] | None = None
) -> Report:
    """Subscribe everybody in a CSV file, confirmed; safe to repeat. Raises UsageError if it is no CSV at all.

    `consent` says how we know that they want it; it is kept with each subscription, with the file's own proof of it.
    """
    rows = _rows(_decoded(data))
    added = known = 0
    problems: list[Problem] = []
    seen: dict[str, int] = {}  # line by key
    while batch := await asyncio.to_thread(lambda: list(islice(rows, _BATCH))):
        entries = await asyncio.to_thread(_entries, batch, seen, problems)
        verdicts = await add(db, newsletter, [entry for _, entry in entries], now, consent=consent)
        for (line, entry), verdict in zip(entries, verdicts, strict=True):
            if verdict is Verdict.ADDED:
                added += 1
            elif verdict is Verdict.KNOWN:
                known += 1
            else:
                problems.append(Problem(line, entry.address, verdict.value))
    return Report(added, known, tuple(sorted(problems, key=lambda problem: problem.line)))


async def export_csv(subscribers: AsyncIterable[Subscriber], file: TextIO) -> int:
    """Write subscribers as CSV (open the file with newline=""); returns how many. No cell can act as a formula."""
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    count = 0
    async for one in subscribers:
        proof = "; ".join(f"{key}: {value}" for key, value in sorted(one.consent.items()))
        since = one.since.isoformat(timespec="seconds")
        cells = (one.address, one.name, one.newsletter, one.standing, since, proof)
        writer.writerow([_harmless(cell) for cell in cells])
        count += 1
    return count


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _decoded(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise UsageError(f"the file is larger than {MAX_BYTES // 1_000_000} MB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _rows(text: str) -> Iterator[_Row]:
    """Yield the rows that hold anything; raises UsageError that names the line."""
    first_line = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns: dict[str, int] | None = None
    end = 0  # of the row before
    try:
        for cells in lines:
            line, end = end + 1, lines.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if columns is None:
                columns, headed = _columns(cells)
                if headed:
                    continue
            given = {name: _cell(cells, place) for name, place in columns.items()}
            proof = {name: text for name, text in given.items() if name in _PROOF and text}
            name = given.get("name") or f"{given.get('first', '')} {given.get('last', '')}".strip()
            yield _Row(line, given["address"], name, given.get("status", ""), proof)
    except csv.Error as error:
        raise UsageError(f"line {lines.line_num}: this is not CSV ({error})") from None


def _columns(cells: list[str]) -> tuple[dict[str, int], bool]:
    """Return which column holds what, and whether these cells are headings."""
    names = [cell.strip().lower() for cell in cells]
    wanted = {"address": _ADDRESS, "name": _NAME, "first": _FIRST, "last": _LAST, "status": _STATUS}
    columns = {key: names.index(name) for key, known in wanted.items() for name in names if name in known}
    columns |= {name: names.index(name) for name in names if name in _PROOF}
    if "address" in columns:
        return columns, True
    if "@" in cells[0]:
        return {"address": 0}, False
    raise UsageError(
        'the file has no column of addresses: its first line must be headings with "address" among them, '
        "or its first column must hold the addresses"
    )


def _cell(cells: list[str], place: int) -> str:
    text = cells[place].strip() if place < len(cells) else ""
    return (
        text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
    )  # as `export_csv` wrote it


def _entries(rows: list[_Row], seen: dict[str, int], problems: list[Problem]) -> list[tuple[int, Entry]]:
    """Return the rows that can be taken, and add the others to `problems`."""
    entries = []
    for row in rows:
        try:
            entry = _entry(row, seen)
        except ValueError as error:
            problems.append(Problem(row.line, clean_text(row.address, 100), str(error)))
        else:
            seen[entry.key] = row.line
            entries.append((row.line, entry))
    return entries


def _entry(row: _Row, seen: Mapping[str, int]) -> Entry:
    if row.status.lower() not in _WILLING:
        raise ValueError(f"its status is {clean_text(row.status, 40)!r}")
    address = addresses.parse(row.address)
    if address.key in seen:
        raise ValueError(f"the same as line {seen[address.key]}")
    proof = {key: clean_text(text, 300) for key, text in row.proof.items()}
    name = clean_text(row.name, 100) if row.name else ""
    return Entry(address=address.text, key=address.key, name=name, proof=proof)
