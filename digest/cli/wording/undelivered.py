"""Who did not get an edition, and why, as the commands tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from digest.model import Edition
    from digest.store.editions.deliveries import LedgerRow


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
