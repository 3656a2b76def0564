"""`digest editions remake`: make a wrong edition again, for those who have not got it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import Moment, fail, json_option, moment, run, settings, stopping, tools
from digest.cli.wording import overflow, preview_files
from digest.cli.wording.progress import progress_line
from digest.errors import UsageError
from digest.model import State
from digest.settings import Settings
from digest.terminal import counted
from digest.tools import Tools
from digest.usecases.editions import previews, remaking
from digest.usecases.editions.remaking import Remade, RemakeDryRun, RemakeReach


@click.command(epilog="Example: digest editions remake daily-2026-10-25T0700 --dry-run")
@click.argument("edition", metavar="ID")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="Pretend that it is this time. The mails are real and go out at once; see --dry-run.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and to how many; change nothing.")
@click.option(
    "--out",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="With --dry-run: write mail.html, mail.txt, mail.eml, plan.json and preview.html there.",
)
@json_option
def remake(edition: str, at: datetime | None, dry_run: bool, folder: Path | None, as_json: bool) -> None:
    """Make a wrong edition again, for those who have not got it, and send it.

    Its stories are chosen again from what was there then, by the rules of now: correct the story, or put its address
    into `blocks` or `pins`, and call this. The old edition stops at once; readers who have had it get nothing.
    """
    if folder and not dry_run:
        raise UsageError("--out belongs to --dry-run: what is sent is not looked at beforehand")
    loaded = settings()
    started = time.monotonic()
    if dry_run:
        dry = run(_rehearse(loaded, edition, at, folder))
        _tell(dry, dry.proof.plan.problems, _would(dry, folder), started, as_json=as_json)
        return
    made = run(_remake(loaded, edition, at, quiet=as_json))
    _tell(made, made.problems, _did(made), started, as_json=as_json)
    if made.unfinished:
        fail()


def _tell(result: RemakeReach, problems: Sequence[str], text: str, started: float, *, as_json: bool) -> None:
    for problem in problems:
        output.say(f"! {problem}")
    if as_json:
        output.document({**result.as_json(), "seconds": round(time.monotonic() - started, 2)})
    else:
        click.echo(text)


async def _rehearse(loaded: Settings, name: str, at: datetime | None, folder: Path | None) -> RemakeDryRun:
    async with tools(loaded, at=moment(at), changes=False) as opened:
        dry = await remaking.rehearse(opened, name)
        if folder:
            _write(opened, dry, folder)
        return dry


def _write(opened: Tools, dry: RemakeDryRun, folder: Path) -> None:
    shown = previews.copy(opened, dry.proof)
    preview_files.write(folder, dry.proof, shown, previews.page(opened, dry.proof, shown))


async def _remake(loaded: Settings, name: str, at: datetime | None, *, quiet: bool) -> Remade:
    async with tools(loaded, at=moment(at)) as opened:
        output.say(_reach_in_words(await remaking.reach(opened, name)))
        with progress_line(quiet=quiet, senders=loaded.senders) as progress:
            return await remaking.remake(opened, name, stop=stopping(), progress=progress)


def _reach_in_words(found: RemakeReach) -> str:
    reach = found.reach
    parts = [
        f"{found.old.name} is remade for {counted(reach.left, 'reader')} who {_have(reach.left)} not got it"
    ]
    if reach.had:
        parts.append(
            f"{counted(reach.had, 'reader')} who {_have(reach.had)} had it, or may have, get nothing"
        )
    if reach.in_hand:
        parts.append(f"to {counted(reach.in_hand, 'reader')} it is being handed over at this moment")
    if reach.away:
        parts.append(f"{counted(reach.away, 'reader')} cannot be mailed any more")
    return "; ".join(parts) + "."


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _would(dry: RemakeDryRun, folder: Path | None) -> str:
    """Say what would be sent, and to how many."""
    plan, mail = dry.proof.plan, dry.proof.mail
    what = counted(len(plan.chosen), "article")
    lines = [_reach_in_words(dry), f"It would have {what}: {mail.subject if mail else ''}"]
    lines += [f"{one.rank:>3}. {one.candidate.article.title}" for one in plan.chosen]
    lines += [words] if (words := overflow.in_words(plan.did_not_fit)) else []
    lines += (
        [f"Wrote mail.html, mail.txt, mail.eml, plan.json and preview.html into {folder}/"] if folder else []
    )
    return "\n".join(lines)


def _did(made: Remade) -> str:
    """Say what was sent, and which command goes on."""
    edition, tally = made.edition, made.tally
    counts = ", ".join(f"{tally[state]:,} {state}" for state in State if tally[state]) or "none"
    text = f"{edition.name}, in the place of {made.old.name}: {counts} of {tally.recipients:,}."
    if not made.unfinished:
        return text
    go_on = (
        f"digest editions resume {edition.name}" if edition.reason else f"digest send {edition.newsletter}"
    )
    return f'{text}{" " + edition.reason if edition.reason else ""} It is not done: "{go_on}" goes on.'
