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
        ("address", "state", "reply"), [(row.address, row.state, row.reply) for row in rows], empty=""
    )
