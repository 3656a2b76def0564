"""Write readers as CSV, with no cell that acts as a formula."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterable
from typing import TextIO

from digest.store.people.readers import Subscriber

HEADINGS = ("address", "name", "newsletter", "status", "since", "consent")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of a formula


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
