"""`digest editions`: what was made, how it stands, and what a person may do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli.common.arguments import reading
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.editions.pausing import cancel, pause, resume
from digest.cli.editions.remaking import remake
from digest.cli.wording import doubts, ledger_rows, undelivered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.store.editions.deliveries import LedgerRow
    from digest.usecases.editions.status import EditionDetails


@click.group()
def editions() -> None:
    """List, show, pause, resume, cancel and remake editions."""


editions.add_command(remake)


@editions.command("list", epilog="Example: digest editions list")
@click.option("--newsletter", help="Only this one's.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, as_json: bool) -> None:
    """Show the latest editions and how they stand."""
    from digest.cli.common import output
    from digest.usecases.editions.status import as_json as row_of
    from digest.usecases.editions.status import latest

    async def work() -> list[dict[str, Any]]:
        async with reading() as opened:
            return [row_of(one.edition, one.tally) for one in await latest(opened, newsletter, limit=limit)]

    rows = run(work())
    if as_json:
        output.document(rows)
        return
    output.table(
        ("edition", "status", "sent", "of", "subject", "reason"),
        [
            (
                row["edition"],
                _word(row["status"]),
                row["sent"],
                row["recipients"],
                row["subject"],
                row["reason"],
            )
            for row in rows
        ],
        empty="There is no edition yet.",
    )


def _word(status: str) -> str:
    """Return what people call a status: "held" in JSON is what `digest editions pause` makes, and paused."""
    return "paused" if status == "held" else status


@editions.command(epilog="Example: digest editions show daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
@json_option
def show(edition: str, as_json: bool) -> None:
    """Show an edition, its counts and its pace, and every reader that did not get it, with the reason."""
    from digest.cli.common import output
    from digest.usecases.editions.status import as_json as row_of
    from digest.usecases.editions.status import details

    loaded = settings()

    async def work() -> EditionDetails:
        async with tools(loaded, changes=False) as opened:
            return await details(opened, edition)

    shown = run(work())
    found, (per_second, left) = shown.edition, shown.pace
    row = {
        **row_of(found, shown.tally),
        "per_second": round(per_second, 1),
        "seconds_left": None if left is None else int(left),
        "problems": _problems(shown),
        "did_not_fit": shown.did_not_fit,
    }
    if as_json:
        domain = ledger_rows.domain(loaded, found)
        output.document(
            {**row, "missed": [ledger_rows.entry(entry, found, domain) for entry in shown.missed]}
        )
        return
    _tell(shown, row)


def _problems(shown: EditionDetails) -> list[str]:
    late = undelivered.problems(shown.edition, shown.given_up)
    return [*shown.edition.problems, *late, *undelivered.heard_last(shown.heard_last)]


def _tell(shown: EditionDetails, row: dict[str, Any]) -> None:
    from digest.cli.wording import overflow
    from digest.cli.wording.progress import span
    from digest.model import EditionStatus

    for key in ("edition", "status", "reason", "subject", "opened", "recipients", *ledger_rows.STATES):
        if row[key] not in ("", 0):
            value = row[key].isoformat(timespec="seconds") if key == "opened" else row[key]
            click.echo(f"{key:>10}  {_word(value) if key == 'status' else value}")
    if shown.edition.status is EditionStatus.SENDING and not shown.sent_by_a_process:
        click.echo(f"      pace  nobody is sending it now{_next(shown.missed)}")
    elif row["seconds_left"] is not None:
        click.echo(f"      pace  {row['per_second']:,.0f}/s, {span(row['seconds_left'])} left")
    for doubt in doubts.in_words(shown.edition.name, shown.tally):
        click.echo(f"  in doubt  {doubt}")
    if shown.did_not_fit:
        click.echo(f"   surplus  {overflow.in_words(shown.did_not_fit)}")
    for problem in row["problems"]:
        click.echo(f"   problem  {problem}")
    if shown.missed:
        undelivered.table(shown.missed)


def _next(missed: Iterable[LedgerRow]) -> str:
    """Say when a reader is tried again next, "" where nobody waits for that."""
    due = min((row.not_before for row in missed if row.not_before), default=None)
    return f"; the next attempt is due {due.isoformat(timespec='seconds')}" if due else ""


for _command in (pause, resume, cancel):
    editions.add_command(_command)
