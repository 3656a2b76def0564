"""Who did not get an edition, and why, as the commands tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from digest.store.database import Database
    from digest.store.deliveries import LedgerRow

_MOST = 50  # readers that a report at the end of a command names; the ledger names all


async def some_missed(db: Database, edition_id: int) -> tuple[list[LedgerRow], bool]:
    """Return who did not get an edition, not for certain, or perhaps twice, and whether a screen cannot take all."""
    from digest.store import deliveries as ledger

    found: list[LedgerRow] = []
    async for row in ledger.missed(db, edition_id):
        if len(found) == _MOST:
            return found, True
        found.append(row)
    return found, False


def table(rows: Sequence[LedgerRow]) -> None:
    """Print readers with their state and the reason, under a heading."""
    from digest.cli import _show

    click.echo("\nNot received, not for certain, or perhaps twice:")
    _show.table(
        ("address", "state", "reply"), [(row.address, row.state, words(row)) for row in rows], empty=""
    )


def words(row: LedgerRow) -> str:
    """Return why a delivery is in its state: our own reason and the other side's reply."""
    doubt = "may have been delivered before" if row.doubted_at else ""
    return "; ".join(dict.fromkeys(filter(None, (row.reason or doubt, row.said))))
