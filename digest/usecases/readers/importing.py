"""Bring readers in from a file, with a verdict on every row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from digest.errors import UsageError
from digest.readers.transfer.layout import Wishes
from digest.readers.transfer.report import NOBODY, Report
from digest.readers.transfer.standing import Standing
from digest.readers.transfer.transfer import import_file
from digest.tools import Tools
from digest.usecases.readers.subscriptions import ReaderStatus

__all__ = ["NOBODY", "STATUSES", "as_json", "import_readers", "summary"]

#: What the people in a file may be said to be, where the file does not tell.
STATUSES = {
    ReaderStatus.CONFIRMED: Standing.CONFIRMED,
    ReaderStatus.UNSUBSCRIBED: Standing.LEFT,
    ReaderStatus.SUPPRESSED: Standing.SUPPRESSED,
}


async def import_readers(
    tools: Tools,
    newsletter: str,
    data: bytes | BinaryIO,
    *,
    file: str = "",
    system: str = "",
    address_column: str = "",
    status: ReaderStatus | None = None,
    ignored_columns: Sequence[str] = (),
    consent: str = "",
    dry_run: bool = False,
) -> Report:
    """Subscribe those in a table or ZIP who want it, and remember who has left; sends no mail, safe to repeat.

    `data` is its bytes, or a file that can be sought in, which is closed. `file` is its name, which may tell whom it
    holds; "" for what came through a pipe. `system` is whose export it is, and
    `status` what the people in it are, where the file does not tell. Columns that are `ignored` say nothing about who has
    left. A dry run changes nothing. Raises UsageError where none may be taken; `as_json` has a form for that too.
    """
    entry = tools.settings.newsletter(newsletter)
    if status and status not in STATUSES:
        raise UsageError(f"readers of a file are {', '.join(STATUSES)}, not {status.value}")
    wishes = Wishes(
        system=system,
        address_column=address_column,
        status=STATUSES[status] if status else None,
        ignored_columns=tuple(ignored_columns),
    )
    now = tools.clock()
    proof = {
        "how": consent.strip() or f"imported from {file or 'standard input'}",
        "imported": now.isoformat(timespec="seconds"),
    }
    if not dry_run:
        return await import_file(tools.db, entry.name, data, now, file=file, wishes=wishes, consent=proof)
    async with tools.db.rehearsal() as db:
        return await import_file(db, entry.name, data, now, file=file, wishes=wishes, consent=proof)


def as_json(report: Report = NOBODY, *problems: str) -> dict[str, Any]:
    """Return what an import came to; where it was refused as a whole, no rows and the reason.

    This holds all rows at once: for a large file write `summary` and the rows one by one.
    """
    return {**summary(report, *problems), "rows": [row.as_json() for row in report.rows]}


def summary(report: Report = NOBODY, *problems: str) -> dict[str, Any]:
    """Return the same without the rows."""
    return {**report.summary(), "problems": list(problems)}
