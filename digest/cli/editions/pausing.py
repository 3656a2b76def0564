"""The commands of `digest editions` that stop an edition and let it go on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import rich_click as click

from digest.cli.common.running import duration, run, settings, tools
from digest.errors import DigestError
from digest.model import Edition
from digest.terminal import counted
from digest.tools import Tools
from digest.usecases.editions import stopping, told
from digest.usecases.editions.stopping import Stopped


@click.command(epilog="Example: digest editions pause daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def pause(edition: str) -> None:
    """Stop sending an edition for now, from any process; what is being handed over still goes out."""
    stopped = run(_stop(stopping.pause, edition))
    name = stopped.edition.name
    already = " already" if stopped.already else ""
    click.echo(f'{name} is paused{already}. "digest editions resume {name}" lets it go on.')
    if not stopped.already:
        _tell_rest(stopped)


@click.command(epilog="Example: digest editions cancel daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def cancel(edition: str) -> None:
    """Stop sending an edition for good."""
    stopped = run(_stop(stopping.cancel, edition))
    click.echo(f"{stopped.edition.name} is cancelled. No other reader gets it.")
    _tell_rest(stopped)


async def _stop(change: Callable[[Tools, str], Coroutine[Any, Any, Stopped]], edition: str) -> Stopped:
    async with tools(settings()) as opened:
        return await change(opened, edition)


def _tell_rest(stopped: Stopped) -> None:
    """Tell what may still go out, and who is in doubt."""
    if leaving := stopped.leaving:
        click.echo(f"{counted(leaving, 'mail')} that a process is handing over now may still go out.")
    for doubt in told.in_doubt(stopped.edition, stopped.tally):
        click.echo(doubt)


@click.command(epilog="Example: digest editions resume daily-2026-10-25T0700 --deadline 6h")
@click.argument("edition", metavar="ID")
@click.option(
    "--deadline",
    type=duration,
    metavar="SPAN",
    help="Give it so much time from now; needed where its deadline has passed.",
)
def resume(edition: str, deadline: timedelta | None) -> None:
    """Let a paused edition go on."""

    async def work() -> Edition:
        async with tools(settings()) as opened:
            return await stopping.resume(opened, edition, deadline=deadline)

    try:
        name = run(work()).name
    except stopping.TooLate as error:
        name = error.edition.name
        ways = (
            f'"digest editions resume {name} --deadline 6h" sends it to them within six hours, '
            f'"digest editions cancel {name}" to no reader.'
        )
        raise DigestError(f"{error}\n{ways}") from error
    click.echo(f'{name} goes on: at once where "digest run" runs, else with "digest send {name}".')
