"""`digest editions`: what was made, how it stands, and what a person may do about it."""

from __future__ import annotations

import rich_click as click

from digest.cli.common import output
from digest.cli.common.arguments import reading
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.editions.pausing import cancel, pause, resume
from digest.cli.editions.remaking import remake
from digest.cli.wording import overflow, undelivered
from digest.cli.wording.progress import span
from digest.model import EditionStatus, State
from digest.usecases.editions import status, told
from digest.usecases.editions.status import EditionCounts, EditionDetails


@click.group()
def editions() -> None:
    """List, show, pause, resume, cancel and remake editions."""


@editions.command("list", epilog="Example: digest editions list")
@click.option("--newsletter", help="Only this one's.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, as_json: bool) -> None:
    """Show the latest editions and how they stand."""

    async def work() -> list[EditionCounts]:
        async with reading() as opened:
            return await status.latest(opened, newsletter, limit=limit)

    found = run(work())
    if as_json:
        output.document([one.as_json() for one in found])
        return
    output.table(
        ("edition", "status", "sent", "of", "subject", "reason"),
        map(_row, found),
        empty="There is no edition yet.",
    )


def _row(shown: EditionCounts) -> tuple[object, ...]:
    edition, tally = shown.edition, shown.tally
    subject = edition.mail.subject if edition.mail else ""
    return edition.name, _word(edition.status), tally[State.SENT], tally.recipients, subject, edition.reason


def _word(status: EditionStatus) -> str:
    """Return what people call a status: "held" in JSON is what `digest editions pause` makes, and paused."""
    return "paused" if status is EditionStatus.PAUSED else status.value


@editions.command(epilog="Example: digest editions show daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
@json_option
def show(edition: str, as_json: bool) -> None:
    """Show an edition, its counts and its pace, and every reader that did not get it, with the reason."""

    async def work() -> EditionDetails:
        async with tools(settings(), changes=False) as opened:
            return await status.details(opened, edition)

    shown = run(work())
    if as_json:
        output.document(shown.as_json())
    else:
        _tell(shown)


def _tell(shown: EditionDetails) -> None:
    edition, tally = shown.edition, shown.tally
    facts: dict[str, object] = {
        "edition": edition.name,
        "status": _word(edition.status),
        "reason": edition.reason,
        "subject": edition.mail.subject if edition.mail else "",
        "opened": edition.opened_at.isoformat(timespec="seconds"),
        "recipients": tally.recipients,
        **{state.value: tally[state] for state in State},
    }
    told_facts = [(key, value) for key, value in facts.items() if value not in ("", 0)]
    told_facts += [("pace", pace)] if (pace := _pace(shown)) else []
    told_facts += [("waiting", words) for words in told.waiting_for_hour(shown.waiting_for_hour)]
    told_facts += [("in doubt", doubt) for doubt in told.in_doubt(edition, tally)]
    told_facts += [("surplus", overflow.in_words(shown.did_not_fit))] if shown.did_not_fit else []
    told_facts += [("problem", problem) for problem in shown.problems]
    for key, value in told_facts:
        click.echo(f"{key:>10}  {value}")
    undelivered.table([one.row for one in shown.missed])


def _pace(shown: EditionDetails) -> str:
    """Say how fast an edition goes out and how long it takes; "" where that cannot be told."""
    per_second, left = shown.pace
    if shown.edition.status is EditionStatus.SENDING and not shown.sent_by_a_process:
        due = shown.next_attempt
        return "no process is sending it now" + (
            f"; the next attempt is due {due.isoformat(timespec='seconds')}" if due else ""
        )
    return "" if left is None else f"{per_second:,.0f}/s, {span(int(left))} left"


for _command in (pause, resume, cancel, remake):
    editions.add_command(_command)
