"""Bring readers in from a table, or from the tables of a ZIP, with a verdict on every row.

An import sends no mail. Who left, bounced or complained according to a file is remembered as such, also where they
were not known here; consent is never taken from silence (`digest.readers.transfer.layout`, `digest.readers.migrations`).
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from digest.readers.transfer.files import Read, read_files
from digest.readers.transfer.layout import Wishes
from digest.readers.transfer.report import Report, Verdict
from digest.readers.transfer.rows import Row
from digest.readers.transfer.staging import Staging
from digest.readers.transfer.standing import Standing
from digest.store.db.database import Database
from digest.store.people import leavers
from digest.store.people.leavers import Leaver
from digest.store.people.readers import AddResult, Entry, add

Batch = Sequence[tuple[int, Row]]
Judged = dict[int, tuple[Verdict, str]]


async def import_file(
    db: Database,
    newsletter: str,
    data: bytes | BinaryIO,
    now: datetime,
    *,
    file: str = "",
    wishes: Wishes | None = None,
    consent: Mapping[str, Any] | None = None,
) -> Report:
    """Subscribe those in a table or ZIP who want it, and remember who does not; safe to repeat.

    A file that can be sought in is read in place, and closed. `consent` says how we know that they want it; it is kept
    with each subscription, with the file's own proof of it. An import that was interrupted goes on where it is called
    again: each batch is stored as a whole or not at all. Raises UsageError where no row may be taken: no table, no
    addresses, or a column that may tell who has left.
    """
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    staging = Staging()
    found = await asyncio.to_thread(read_files, staging, source, file, wishes or Wishes())
    origin = {"how": f"imported from {file}" if file else "imported", **(consent or {})}
    leaving = (
        staging.leaving()
    )  # before any reader is added: if this ends in between, no one who left is mailed
    while batch := await _next(leaving):
        judged = await _remember(db, newsletter, [row for _, row in batch], now, origin)
        await _judge(staging, batch, Verdict.UNSUBSCRIBED, judged)
    willing = staging.willing()
    while batch := await _next(willing):
        judged = await _subscribe(db, newsletter, [row for _, row in batch], now, origin)
        await _judge(staging, batch, Verdict.ADDED, judged)
    return await asyncio.to_thread(_report, staging, found)


async def _next(batches: Iterator[Batch]) -> Batch | None:
    return await asyncio.to_thread(next, batches, None)


async def _judge(staging: Staging, batch: Batch, usual: Verdict, judged: Judged) -> None:
    others = {batch[place][0]: verdict for place, verdict in judged.items()}
    await asyncio.to_thread(staging.judge, [number for number, _ in batch], usual, others)


def _report(staging: Staging, found: Read) -> Report:
    counts = staging.counts()
    return Report(
        recognised=found.recognised,
        added=counts[Verdict.ADDED],
        known=counts[Verdict.KNOWN],
        refused=counts[Verdict.REFUSED],
        suppressed=counts[Verdict.SUPPRESSED],
        unsubscribed=counts[Verdict.UNSUBSCRIBED],
        unused_columns=found.unused_columns,
        notes=found.notes,
        rows=staging,
    )


async def _remember(
    db: Database, newsletter: str, rows: Sequence[Row], now: datetime, origin: Mapping[str, Any]
) -> Judged:
    """Remember who left, bounced or complained; returns the verdicts that are not "unsubscribed", by place."""
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
    judged: Judged = {}
    for place, leaver in enumerate(wanted):
        if leaver.key in forgotten:
            judged[place] = (Verdict.REFUSED, AddResult.FORGOTTEN.words)
        elif leaver.suppressed:
            judged[place] = (Verdict.SUPPRESSED, rows[place].why)
    return judged


async def _subscribe(
    db: Database, newsletter: str, rows: Sequence[Row], now: datetime, origin: Mapping[str, Any]
) -> Judged:
    """Subscribe who wants it; returns the verdicts that are not "added", by place."""
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
    results = await add(db, newsletter, entries, now, consent=origin)
    return {place: _judged(result) for place, result in enumerate(results) if result is not AddResult.ADDED}


def _judged(result: AddResult) -> tuple[Verdict, str]:
    return (Verdict.KNOWN, "") if result is AddResult.KNOWN else (Verdict.REFUSED, result.words)
