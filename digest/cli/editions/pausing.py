"""The commands of `digest editions` that stop an edition and let it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import rich_click as click

from digest.cli.common.running import duration, run, settings, tools
from digest.cli.wording import doubts

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from digest.model import Edition, Tally


async def _stop(edition: str, change: Literal["pause", "cancel"]) -> list[str]:
    """Pause or cancel an edition; say how it stands then."""
    from digest.model import State
    from digest.store.editions import editions as store
    from digest.store.editions import lifecycle
    from digest.terminal import counted
    from digest.usecases.editions.status import departed_owners

    async with tools(settings()) as opened:
        before = await store.by_name(opened.db, edition)
        if change == "pause" and before.status.value == "held":
            return [f'{before.name} is paused already. "digest editions resume {before.name}" lets it go on.']
        await doubts.take_back(opened, before, goes_on=change == "pause")
        await lifecycle.set_status(opened.db, before.name, change, opened.clock(), reason="by hand")
        tally = await store.tally(opened.db, before.id, gone=await departed_owners(opened))
    lines = [f"{before.name} {_DONE[change].format(edition=before.name)}"]
    if leaving := tally[State.SENDING]:
        lines.append(f"{counted(leaving, 'mail')} that a process is handing over now may still go out.")
    return lines + doubts.in_words(before.name, tally)


_DONE = {
    "pause": 'is paused. "digest editions resume {edition}" lets it go on.',
    "cancel": "is cancelled. Nobody else gets it.",
}


@click.command(epilog="Example: digest editions pause daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def pause(edition: str) -> None:
    """Stop sending an edition for now, from any process; what is being handed over still goes out."""
    click.echo("\n".join(run(_stop(edition, "pause"))))


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
    click.echo(run(_resume(edition, deadline)))


async def _resume(edition: str, span: timedelta | None) -> str:
    from digest.clock import utc_now
    from digest.store.editions import editions as store
    from digest.store.editions import lifecycle
    from digest.usecases.editions.status import departed_owners

    async with tools(settings()) as opened:
        # While the clock is in doubt the later time counts: to ask once too often costs nobody a mail.
        before, now = await store.by_name(opened.db, edition), max(opened.clock(), utc_now())
        until = now + span if span else None
        try:
            await lifecycle.set_status(opened.db, before.name, "resume", now, deadline=until)
        except lifecycle.DeadlinePassedError as error:
            tally = await store.tally(opened.db, before.id, gone=await departed_owners(opened))
            raise lifecycle.DeadlinePassedError(_too_late(before, tally, now)) from error
    return f'{before.name} goes on: at once where "digest run" runs, else with "digest send {before.name}".'


def _too_late(edition: Edition, tally: Tally, now: datetime) -> str:
    from digest.model.amounts import spoken
    from digest.terminal import counted

    assert edition.deadline is not None
    ago = spoken(now - edition.deadline)
    return (
        f"{edition.name} is still paused: its deadline passed {ago} ago, and "
        f"{counted(tally.open, 'reader')} would be given up at once.\n"
        f'"digest editions resume {edition.name} --deadline 6h" sends it to them within six hours, '
        f'"digest editions cancel {edition.name}" to nobody.'
    )


@click.command(epilog="Example: digest editions cancel daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def cancel(edition: str) -> None:
    """Stop sending an edition for good."""
    click.echo("\n".join(run(_stop(edition, "cancel"))))
