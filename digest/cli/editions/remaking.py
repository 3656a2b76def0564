"""`digest editions remake`: a wrong edition made anew for those who have not got it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.running import (
    Moment,
    fail,
    json_option,
    moment,
    run,
    settings,
    stopping,
    tools,
)

if TYPE_CHECKING:
    from digest.model import Edition
    from digest.settings import Newsletter, Settings
    from digest.store.editions.remakes import Reach
    from digest.tools import Tools


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
    """Make a wrong edition anew, for those who have not got it, and send it.

    Its stories are free again and are chosen as they were then, by the rules as they are now: correct the story, or put
    its address into `blocks` or `pins`, and call this. The old edition stops at once; whoever has had it gets nothing.
    """
    from digest.cli.common import output
    from digest.errors import UsageError

    if folder and not dry_run:
        raise UsageError("--out belongs to --dry-run: what is sent is not looked at beforehand")
    loaded = settings()
    started = time.monotonic()
    result = run(_rehearse(loaded, edition, at, folder) if dry_run else _remake(loaded, edition, at, as_json))
    result["seconds"] = round(time.monotonic() - started, 2)
    text = result.pop("text")
    for problem in result["problems"]:
        output.say(f"! {problem}")
    if as_json:
        output.document(result)
    else:
        click.echo(text)
    if result["status"] in ("sending", "held") and not dry_run:
        fail()


def _reach_in_words(old: Edition, reach: Reach) -> str:
    from digest.terminal import counted

    parts = [
        f"{old.name} is made anew for {counted(reach.left, 'reader')} who {_have(reach.left)} not got it"
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


async def _find(opened: Tools, loaded: Settings, name: str) -> tuple[Edition, Newsletter]:
    from digest.pipeline.remake import refuse_what_cannot
    from digest.store.editions import editions

    old = await editions.by_name(opened.db, name)
    refuse_what_cannot(old)
    return old, loaded.newsletter(old.newsletter)


async def _rehearse(loaded: Settings, name: str, at: datetime | None, folder: Path | None) -> dict[str, Any]:
    from digest.cli.wording import overflow
    from digest.pipeline.remake import rehearse
    from digest.terminal import counted

    async with tools(loaded, at=moment(at), changes=False) as opened:
        old, newsletter = await _find(opened, loaded, name)
        made = await rehearse(newsletter, old, opened)
        if folder:
            _write(folder, newsletter, old, made.plan, made.mail, opened)
        what = counted(len(made.plan.chosen), "article")
        lines = [_reach_in_words(old, made.reach), f"It would have {what}: {made.mail.subject}"]
        lines += [f"{one.rank:>3}. {one.candidate.article.title}" for one in made.plan.chosen]
        lines += [words] if (words := overflow.in_words(made.plan.did_not_fit)) else []
        lines += (
            [f"Wrote mail.html, mail.txt, mail.eml, plan.json and preview.html into {folder}/"]
            if folder
            else []
        )
        return {
            **_facts(old, made.reach),
            "edition": None,
            "status": "sending",
            "dry_run": True,
            "subject": made.mail.subject,
            "articles": [one.candidate.article.url for one in made.plan.chosen],
            "recipients": made.reach.left,
            "problems": made.plan.problems,
            "text": "\n".join(lines),
        }


def _write(folder: Path, newsletter: Newsletter, old: Edition, plan: Any, mail: Any, opened: Tools) -> None:
    from digest.cli.wording import preview_files
    from digest.edition.proof.lint import lint
    from digest.pipeline.rehearsal import SAMPLE_READER, Proof, copy_for
    from digest.schedule.slots import Slot

    proof = Proof(
        newsletter=newsletter, slot=Slot(old.due, old.slot), now=opened.clock(), plan=plan, mail=mail
    )
    findings = lint(mail, opened.settings.site, plan)
    preview_files.write(
        folder, proof, copy_for(proof, SAMPLE_READER, opened), opened.templates, findings, refresh=0
    )


def _facts(old: Edition, reach: Reach) -> dict[str, Any]:
    return {"remakes": old.name, "newsletter": old.newsletter, "slot": old.slot, "had_the_old_one": reach.had}


async def _remake(loaded: Settings, name: str, at: datetime | None, as_json: bool) -> dict[str, Any]:
    from digest.cli.common import output
    from digest.cli.wording.progress import progress_line
    from digest.model import EditionStatus, State
    from digest.pipeline.publish import deliver
    from digest.pipeline.remake import remake
    from digest.store.editions import editions, remakes

    async with tools(loaded, at=moment(at)) as opened:
        old, newsletter = await _find(opened, loaded, name)
        output.say(_reach_in_words(old, await remakes.reach(opened.db, old)))
        made = await remake(newsletter, old, opened)
        reach, problems = await remakes.reach(opened.db, old), made.problems
        if made.status is EditionStatus.SENDING:
            with progress_line(quiet=as_json, senders=loaded.senders) as progress:
                report = await deliver(opened, edition_id=made.id, stop=stopping(), progress=progress)
            problems = (*problems, *report.problems)
        made = await editions.by_name(opened.db, made.name)
        tally = await editions.tally(opened.db, made.id)
        counts = {state.value: tally[state] for state in State if tally[state]}
        told = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "nobody"
        text = f"{made.name}, in the place of {old.name}: {told} of {tally.recipients:,}."
        if made.status in (EditionStatus.SENDING, EditionStatus.PAUSED):
            go_on = f"digest editions resume {made.name}" if made.reason else f"digest send {made.newsletter}"
            text += f'{" " + made.reason if made.reason else ""} It is not done: "{go_on}" goes on.'
        return {
            **_facts(old, reach),
            "edition": made.name,
            "status": made.status.value,
            "recipients": tally.recipients,
            **{state: tally[State(state)] for state in ("sent", "deferred", "refused", "unknown", "skipped")},
            "problems": problems,
            "text": text,
        }
