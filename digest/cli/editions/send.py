"""`digest send`: make and send the edition of the slot now."""

from __future__ import annotations

import time
from datetime import datetime

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import (
    Moment,
    fail,
    json_option,
    moment,
    program_options,
    run,
    settings,
    stopping,
    tools,
)
from digest.cli.wording import outcome, overflow, undelivered
from digest.cli.wording.progress import progress_line
from digest.schedule.slots import Slot
from digest.service import worker_processes
from digest.settings import Newsletter, Settings
from digest.usecases.editions import sending
from digest.usecases.editions.send_results import DryRun, SendRun


@click.command(epilog="Example: digest send daily --dry-run")
@click.argument("name", default="", metavar="[NEWSLETTER|EDITION]")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="Pretend that it is this time. The mails are real and go out at once; see --dry-run.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and to how many; change nothing.")
@json_option
def send(name: str, at: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Make and send the edition of the slot now, or go on with one that is named; safe to repeat.

    By hand means now: the latest slot is made however late it is. With --at the rules of the service hold, max_lateness
    included. An edition that was broken off is completed, and one that was sent is not sent again.
    Exit code 1 while an edition is still to be completed (broken off, paused, or with readers who are tried again later),
    where it left readers in doubt or reached none, and where none could be made: no source could be read, no reader.
    """
    loaded = settings()
    started = time.monotonic()
    entry, made = run(_named(loaded, name))
    if dry_run:
        dry = run(_dry_run(loaded, entry, made, at))
        _tell(dry, outcome.would(dry), started, as_json=as_json)
        return
    sent = run(_send(loaded, entry, made, at, program_options(), quiet=as_json))
    text = outcome.in_words(sent.published, sent.waiting_for_hour)
    _tell(sent, text, started, as_json=as_json)
    if not as_json and sent.missed:
        undelivered.table(sent.missed)
        if sent.more_missed:
            click.echo(f"and others: digest editions show {sent.published.edition.name}")
    if sent.unfinished:
        if as_json:
            output.say(text)
        fail()


def _tell(result: SendRun | DryRun, text: str, started: float, *, as_json: bool) -> None:
    """Tell the problems, and then what became of the edition: as JSON, or in words with what did not fit."""
    for problem in result.problems:
        if problem not in text:
            output.say(f"! {problem}")
    if as_json:
        output.document({**result.as_json(), "seconds": round(time.monotonic() - started, 2)})
        return
    click.echo(text)
    if surplus := overflow.in_words(result.did_not_fit):
        click.echo(surplus)


async def _named(loaded: Settings, name: str) -> tuple[Newsletter, Slot | None]:
    """Return the newsletter that is meant, and the slot of the edition if it is one that is named."""
    if not name or name in {newsletter.name for newsletter in loaded.newsletters}:
        return loaded.newsletter(name), None
    async with tools(loaded, changes=False) as opened:
        return await sending.slot_of(opened, name)


async def _dry_run(loaded: Settings, entry: Newsletter, made: Slot | None, at: datetime | None) -> DryRun:
    async with tools(loaded, at=moment(at, entry), changes=False) as opened:
        slot = made or sending.slot_now(opened, entry)
        return await sending.dry_run(opened, entry, slot, by_hand=at is None)


async def _send(
    loaded: Settings,
    entry: Newsletter,
    made: Slot | None,
    at: datetime | None,
    options: list[str],
    *,
    quiet: bool,
) -> SendRun:
    async with tools(loaded, at=moment(at, entry)) as opened:
        slot = made or sending.slot_now(opened, entry)
        if at:
            output.say(
                f"The time is pretended ({opened.clock():%Y-%m-%d %H:%M} UTC), the mails are real and go out now."
            )
        stop = stopping()
        # A pretended time is this process's alone.
        others = 0 if at else worker_processes.size(loaded) - 1
        with progress_line(quiet=quiet, senders=loaded.senders) as progress:
            return await sending.send(
                opened,
                entry,
                slot,
                by_hand=at is None,
                stop=stop,
                progress=progress,
                helpers=worker_processes.workers_running(others, options),
            )
