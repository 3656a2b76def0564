"""Bring readers in from a table, with a verdict on every row, and out again.

An import sends no mail. Who left, bounced or complained according to the file is remembered as such, also where they
were not known here; consent is never taken from silence (`digest.readers.transfer.layout`, `digest.readers.migrations`).
"""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, TextIO, TypeAlias

from digest.readers.transfer.layout import Wishes
from digest.readers.transfer.rows import Row, read
from digest.readers.transfer.standing import Standing
from digest.store.db.database import Database
from digest.store.people import leavers
from digest.store.people.leavers import Leaver
from digest.store.people.readers import AddResult, Entry, Subscriber, add

HEADINGS = ("address", "name", "newsletter", "status", "since", "consent")

Word: TypeAlias = Literal["added", "known", "refused", "suppressed", "unsubscribed"]

_BATCH = 5000  # rows per transaction: others get their turn in between
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of a formula


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became of one row: its line in the file, what stood there, the verdict and why."""

    line: int
    address: str
    verdict: Word
    why: str = ""

    def __str__(self) -> str:
        verdict = "" if self.verdict == "refused" else f"{self.verdict}: "
        return f"line {self.line}: {self.address}: {verdict}{self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import came to; `known` were subscribed already, `refused` were not taken."""

    recognised: str | None  # whose export it is
    added: int
    known: int
    refused: int
    suppressed: int
    unsubscribed: int
    unused_columns: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[RowVerdict, ...]


NOBODY = Report(
    recognised=None,
    added=0,
    known=0,
    refused=0,
    suppressed=0,
    unsubscribed=0,
    unused_columns=(),
    notes=(),
    rows=(),
)  # what an import comes to that was refused as a whole


async def import_csv(
    db: Database,
    newsletter: str,
    data: bytes,
    now: datetime,
    *,
    file: str = "",
    wishes: Wishes | None = None,
    consent: Mapping[str, Any] | None = None,
) -> Report:
    """Subscribe those in a table who want it, and remember who does not; safe to repeat.

    `consent` says how we know that they want it; it is kept with each subscription, with the file's own proof of it.
    Raises UsageError where no row may be taken: no table, no addresses, or a column that may tell who has left.
    """
    table = await asyncio.to_thread(read, data, file, wishes or Wishes())
    origin = {"how": f"imported from {file}" if file else "imported", **(consent or {})}
    verdicts = {row.line: _refused(row) for row in table.rows if _is_refused(row)}
    leaving = [row for row in table.rows if row.address and row.standing >= Standing.LEFT]
    for batch in _batches(
        leaving
    ):  # before any reader is added: if this ends in between, no one who left is mailed
        verdicts |= await _remember(db, newsletter, batch, now, origin)
    willing = [row for row in table.rows if row.address and row.standing is Standing.CONFIRMED]
    for batch in _batches(willing):
        verdicts |= await _subscribe(db, newsletter, batch, now, origin)
    counts = Counter(verdict.verdict for verdict in verdicts.values())
    system = table.layout.system
    return Report(
        recognised=system.name if system else None,
        added=counts["added"],
        known=counts["known"],
        refused=counts["refused"],
        suppressed=counts["suppressed"],
        unsubscribed=counts["unsubscribed"],
        unused_columns=table.layout.unused,
        notes=table.layout.notes,
        rows=tuple(verdicts[line] for line in sorted(verdicts)),
    )


def _batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _is_refused(row: Row) -> bool:
    return row.address is None or row.standing is Standing.UNPROVEN


def _refused(row: Row) -> RowVerdict:
    return RowVerdict(row.line, row.shown, "refused", row.why)


async def _remember(
    db: Database, newsletter: str, rows: Sequence[Row], now: datetime, origin: Mapping[str, Any]
) -> dict[int, RowVerdict]:
    """Remember who left, bounced or complained; returns the verdicts by line."""
    wanted = [
        Leaver(
            address=row.address.text,
            key=row.address.key,
            since=min(row.at or now, now),
            origin={**origin, "why": row.why},
            suppressed=row.standing is Standing.SUPPRESSED,
        )
        for row in rows
        if row.address
    ]
    forgotten = await leavers.remember(db, newsletter, wanted, now)
    verdicts = {}
    for row, leaver in zip(rows, wanted, strict=True):
        word: Word = "suppressed" if leaver.suppressed else "unsubscribed"
        known = leaver.key in forgotten
        verdicts[row.line] = RowVerdict(
            row.line,
            leaver.address,
            "refused" if known else word,
            AddResult.FORGOTTEN.words if known else row.why,
        )
    return verdicts


async def _subscribe(
    db: Database, newsletter: str, rows: Sequence[Row], now: datetime, origin: Mapping[str, Any]
) -> dict[int, RowVerdict]:
    entries = [
        Entry(
            address=row.address.text,
            key=row.address.key,
            name=row.name,
            proof=row.proof,
            since=min(row.at, now) if row.at else None,
        )
        for row in rows
        if row.address
    ]
    verdicts = {}
    found = await add(db, newsletter, entries, now, consent=origin)
    for row, entry, verdict in zip(rows, entries, found, strict=True):
        words: dict[AddResult, Word] = {AddResult.ADDED: "added", AddResult.KNOWN: "known"}
        word = words.get(verdict, "refused")
        verdicts[row.line] = RowVerdict(
            row.line, entry.address, word, verdict.words if word == "refused" else ""
        )
    return verdicts


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
