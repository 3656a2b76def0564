"""`digest editions`: what was made, how it stands, and what a person may do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import rich_click as click

from digest.cli.common.arguments import reading
from digest.cli.common.running import json_option, run, settings, tools
from digest.cli.editions.pausing import cancel, pause, resume
from digest.cli.editions.remaking import remake
from digest.cli.wording import doubts, ledger_rows, undelivered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.model import Edition, Tally
    from digest.settings import Settings
    from digest.store.editions.deliveries import LedgerRow
    from digest.tools import Tools


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
    from digest.store.editions import editions as store

    async def work() -> list[dict[str, Any]]:
        async with reading() as opened:
            found = await store.list_(opened.db, newsletter, limit=limit)
            if newsletter and not found:
                opened.settings.newsletter(newsletter)  # a wrong name is no empty list
            away = await doubts.gone(opened)
            return [_row(one, await store.tally(opened.db, one.id, gone=away)) for one in found]

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


def _row(edition: Edition, tally: Tally) -> dict[str, Any]:
    from digest.model import State

    return {
        "edition": edition.name,
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "status": edition.status.value,
        "reason": edition.reason,
        "remade_as": edition.remade_as,
        "problems": edition.problems,
        "opened": edition.opened_at,
        "subject": edition.mail.subject if edition.mail else "",
        "recipients": tally.recipients,
        **{state.value: tally[state] for state in State},
        "in_doubt": tally.doubted,
    }


def _word(status: str) -> str:
    """Return what people call a status: "held" in JSON is what `digest editions pause` makes, and paused."""
    return "paused" if status == "held" else status


def _speed(tally: Tally, pace: float, loaded: Settings) -> dict[str, Any]:
    """Say how fast an edition goes out lately and how long the rest takes; nothing of one that does not."""
    from digest.cli.wording.progress import speed

    pace, left = speed(pace, tally.open, loaded.senders)
    return {"per_second": round(pace, 1), "seconds_left": None if left is None else int(left)}


async def _pace(opened: Tools, edition: Edition) -> float | None:
    """Return how many answers a second an edition got lately; None while no process that lives has any of it in hand."""
    from digest.delivery.liveness import departed
    from digest.store.editions import deliveries as ledger
    from digest.store.ledger.holders import holders

    now = opened.clock()
    async with opened.db.connect() as conn:
        held = [holder for holder in await holders(conn) if holder.edition_id == edition.id]
    if {holder.owner for holder in held} <= departed(held, now):
        return None
    return await ledger.pace(opened.db, edition.id, now)


@editions.command(epilog="Example: digest editions show daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
@json_option
def show(edition: str, as_json: bool) -> None:
    """Show an edition, its counts and its pace, and every reader that did not get it, with the reason."""
    from digest.cli.common import output
    from digest.store.editions import editions as store

    loaded = settings()

    async def work() -> _Shown:
        async with tools(loaded, changes=False) as opened:
            return await _look(opened, await store.by_name(opened.db, edition))

    shown = run(work())
    found, tally = shown.edition, shown.tally
    row = {
        **_row(found, tally),
        **_speed(tally, shown.pace or 0.0, loaded),
        "problems": shown.problems,
        "did_not_fit": shown.surplus,
    }
    if as_json:
        domain = ledger_rows.domain(loaded, found)
        output.document(
            {**row, "missed": [ledger_rows.entry(entry, found, domain) for entry in shown.missed]}
        )
        return
    _tell(shown, row)


def _tell(shown: _Shown, row: dict[str, Any]) -> None:
    from digest.cli.wording import overflow
    from digest.cli.wording.progress import span

    for key in ("edition", "status", "reason", "subject", "opened", "recipients", *ledger_rows.STATES):
        if row[key] not in ("", 0):
            value = row[key].isoformat(timespec="seconds") if key == "opened" else row[key]
            click.echo(f"{key:>10}  {_word(value) if key == 'status' else value}")
    if row["status"] == "sending" and shown.pace is None:
        click.echo(f"      pace  nobody is sending it now{_next(shown.missed)}")
    elif row["seconds_left"] is not None:
        click.echo(f"      pace  {row['per_second']:,.0f}/s, {span(row['seconds_left'])} left")
    for doubt in doubts.in_words(shown.edition.name, shown.tally):
        click.echo(f"  in doubt  {doubt}")
    if shown.surplus:
        click.echo(f"   surplus  {overflow.in_words(shown.surplus)}")
    for problem in shown.problems:
        click.echo(f"   problem  {problem}")
    if shown.missed:
        undelivered.table(shown.missed)


class _Shown(NamedTuple):
    """An edition as it stands: who did not get it, its pace (None: nobody sends it), what is wrong."""

    edition: Edition
    tally: Tally
    missed: list[LedgerRow]
    pace: float | None
    problems: list[str]
    surplus: dict[str, int]


async def _look(opened: Tools, edition: Edition) -> _Shown:
    from digest.store.editions import deliveries as ledger
    from digest.store.editions import editions as store
    from digest.store.editions.decisions import did_not_fit

    away = await doubts.gone(opened)
    missed = [entry async for entry in ledger.missed(opened.db, edition.id, gone=away)]
    tally = await store.tally(opened.db, edition.id, gone=away)
    pace = await _pace(opened, edition) if edition.status.value == "sending" else None
    last = await undelivered.heard_last(opened.db, edition)
    problems = [*edition.problems, *await undelivered.problems(opened.db, edition), *filter(None, [last])]
    surplus = {} if edition.status.skipped else await did_not_fit(opened.db, edition.id)
    return _Shown(edition, tally, missed, pace, problems, surplus)


def _next(missed: Iterable[LedgerRow]) -> str:
    """Say when a reader is tried again next, "" where nobody waits for that."""
    due = min((row.not_before for row in missed if row.not_before), default=None)
    return f"; the next attempt is due {due.isoformat(timespec='seconds')}" if due else ""


for _command in (pause, resume, cancel):
    editions.add_command(_command)
