"""Who did not get an edition, and why, as the commands tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from digest.model import Edition
    from digest.store.db.database import Database
    from digest.store.editions.deliveries import LedgerRow

_MOST = 50  # readers that a report at the end of a command names; the ledger names all


async def some_missed(db: Database, edition_id: int) -> tuple[list[LedgerRow], bool]:
    """Return who did not get an edition, not for certain, or perhaps twice, and whether a screen cannot take all."""
    from digest.store.editions import deliveries as ledger

    found: list[LedgerRow] = []
    async for row in ledger.missed(db, edition_id):
        if len(found) == _MOST:
            return found, True
        found.append(row)
    return found, False


def problems(edition: Edition, given_up: int) -> list[str]:
    """Say how many did not get an edition before its deadline, and what a person can do about it."""
    from digest.terminal import counted

    if not given_up:
        return []
    again = f'"digest deliveries retry {edition.name} --state skipped" sends it to them after all'
    return [f"its deadline passed, and {counted(given_up, 'reader')} did not get it; {again}"]


def heard_last(words: str) -> list[str]:
    """Say what was heard last about those who still wait; nothing where nothing was."""
    return [f"heard last: {words}"] if words else []


def table(rows: Sequence[LedgerRow]) -> None:
    """Print readers with their state and the reason, under a heading; nothing where there is none."""
    from digest.cli.common import output

    if not rows:
        return
    click.echo("\nNot received, not for certain, or perhaps twice:")
    output.table(
        ("address", "state", "reply"), [(row.address, row.state, row.reply) for row in rows], empty=""
    )
