"""`digest keys`: the keys that sign readers' links."""

from __future__ import annotations

import rich_click as click

from digest.cli.common.running import run, settings, tools
from digest.usecases import keys as use_case


@click.group()
def keys() -> None:
    """Look after the keys that sign readers' links."""


@keys.command(epilog="Example: digest keys rotate")
def rotate() -> None:
    """Make a new key for links; links that were mailed already go on working. Running services notice within a minute."""

    async def work() -> int:
        async with tools(settings()) as opened:
            return await use_case.rotate(opened)

    click.echo(f"Key {run(work())} signs links from now on. All links that were mailed before go on working.")
