"""Who did not get an edition, and why, as the commands tell it."""

from __future__ import annotations

from collections.abc import Sequence

import rich_click as click

from digest.cli.common import output
from digest.store.editions.deliveries import LedgerRow


def table(rows: Sequence[LedgerRow]) -> None:
    """Print readers with their state and the reason, under a heading; nothing where there are none."""
    if not rows:
        return
    click.echo("\nNot received, not for certain, or perhaps twice:")
    output.table(
        ("address", "state", "reply"), [(row.address, row.state, row.reply) for row in rows], empty=""
    )
