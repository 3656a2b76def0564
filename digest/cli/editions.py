"""`digest editions` and `digest deliveries`: what was made, and who got it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import rich_click as click

from digest.cli import _missed
from digest.cli._people import reading
from digest.cli._run import json_option, run, settings, tools

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.model import Edition, Tally
    from digest.settings import Settings
    from digest.store.deliveries import LedgerRow
    from digest.tools import Tools

STATES = ("queued", "claimed", "sending", "sent", "deferred", "refused", "unknown", "skipped")


@click.group()
def editions() -> None:
    """List, show, pause, resume and cancel editions."""


@editions.command("list", epilog="Example: digest editions list")
@click.option("--newsletter", help="Only this one's.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@json_option
def list_(newsletter: str | None, limit: int, as_json: bool) -> None:
    """Show the latest editions and how they stand."""
    from digest.cli import _show
    from digest.store import editions as store

    async def work() -> list[dict[str, Any]]:
        async with reading() as opened:
            found = await store.list_(opened.db, newsletter, limit=limit)
            if newsletter and not found:
                opened.settings.newsletter(newsletter)  # a wrong name is no empty list
            return [_row(edition, await store.tally(opened.db, edition.id)) for edition in found]

    rows = run(work())
    if as_json:
        _show.document(rows)
        return
    _show.table(
        ("edition", "status", "sent", "of", "subject"),
        [
            (
                row["edition"],
                _word(row["status"]),
                row["sent"],
                row["recipients"],
                row["subject"] or row["reason"],
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
        "problems": edition.problems,
        "opened": edition.opened_at,
        "subject": edition.mail.subject if edition.mail else "",
        "recipients": tally.recipients,
        **{state.value: tally[state] for state in State},
    }


def _word(status: str) -> str:
    """Return what people call a status: "held" in JSON is what `digest editions pause` makes, and paused."""
    return "paused" if status == "held" else status


def _speed(tally: Tally, pace: float, loaded: Settings) -> dict[str, Any]:
    """Say how fast an edition goes out lately and how long the rest takes; nothing of one that does not."""
    from digest.cli._progress import speed

    pace, left = speed(pace, tally.open, loaded.senders)
    return {"per_second": round(pace, 1), "seconds_left": None if left is None else int(left)}


async def _pace(opened: Tools, edition: Edition) -> float | None:
    """Return how many answers a second an edition got lately; None while no process that lives has any of it in hand."""
    from digest.delivery.owners import ended
    from digest.store import deliveries as ledger
    from digest.store.holders import holders

    now = opened.clock()
    async with opened.db.connect() as conn:
        held = [holder for holder in await holders(conn) if holder.edition_id == edition.id]
    if not any(holder.lease_until > now and not ended(holder.owner) for holder in held):
        return None
    return await ledger.pace(opened.db, edition.id, now)


@editions.command(epilog="Example: digest editions show daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
@json_option
def show(edition: str, as_json: bool) -> None:
    """Show an edition, its counts and its pace, and every reader that did not get it, with the reason."""
    from digest.cli import _overflow, _show
    from digest.cli._progress import span
    from digest.store import deliveries as ledger
    from digest.store import editions as store
    from digest.store.decisions import did_not_fit

    loaded = settings()

    async def work() -> tuple[Edition, Tally, list[LedgerRow], float | None, dict[str, int]]:
        async with tools(loaded, changes=False) as opened:
            found = await store.by_name(opened.db, edition)
            surplus = {} if found.status.skipped else await did_not_fit(opened.db, found.id)
            missed = [entry async for entry in ledger.missed(opened.db, found.id)]
            pace = await _pace(opened, found) if found.status.value == "sending" else None
            return found, await store.tally(opened.db, found.id), missed, pace, surplus

    found, tally, missed, pace, surplus = run(work())
    row = {**_row(found, tally), **_speed(tally, pace or 0.0, loaded), "did_not_fit": surplus}
    if as_json:
        _show.document({**row, "missed": [_entry(entry, found, _domain(loaded, found)) for entry in missed]})
        return
    for key in ("edition", "status", "reason", "subject", "opened", "recipients", *STATES):
        if row[key] not in ("", 0):
            value = row[key].isoformat(timespec="seconds") if key == "opened" else row[key]
            click.echo(f"{key:>10}  {_word(value) if key == 'status' else value}")
    if row["status"] == "sending" and pace is None:
        click.echo(f"      pace  nobody is sending it now{_next(missed)}")
    elif row["seconds_left"] is not None:
        click.echo(f"      pace  {row['per_second']:,.0f}/s, {span(row['seconds_left'])} left")
    if surplus:
        click.echo(f"   surplus  {_overflow.in_words(surplus)}")
    for problem in found.problems:
        click.echo(f"   problem  {problem}")
    if missed:
        _missed.table(missed)


def _next(missed: Iterable[LedgerRow]) -> str:
    """Say when a reader is tried again next, "" where nobody waits for that."""
    due = min((row.not_before for row in missed if row.not_before), default=None)
    return f"; the next attempt is due {due.isoformat(timespec='seconds')}" if due else ""


def _change(edition: str, change: Literal["pause", "resume", "cancel"], done: str) -> None:
    from digest.store import editions as store
    from digest.store import lifecycle

    async def work() -> str:
        async with tools(settings()) as opened:
            before = await store.by_name(opened.db, edition)
            if change == "pause" and before.status.value == "held":
                return f'{before.name} is paused already. "digest editions resume" lets it go on.'
            reason = "" if change == "resume" else "by hand"
            await lifecycle.set_status(opened.db, edition, change, opened.clock(), reason=reason)
            return f"{before.name} {done}"

    click.echo(run(work()))


@editions.command(epilog="Example: digest editions pause daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def pause(edition: str) -> None:
    """Stop sending an edition for now, from any process; what is being handed over still goes out."""
    _change(edition, "pause", 'is paused. "digest editions resume" lets it go on.')


@editions.command(epilog="Example: digest editions resume daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def resume(edition: str) -> None:
    """Let a paused edition go on."""
    _change(edition, "resume", 'goes on with the next "digest send" or at once where "digest run" runs.')


@editions.command(epilog="Example: digest editions cancel daily-2026-10-25T0700")
@click.argument("edition", metavar="ID")
def cancel(edition: str) -> None:
    """Stop sending an edition for good."""
    _change(edition, "cancel", "is cancelled. Nobody else gets it.")


@click.command(epilog="Example: digest deliveries daily-2026-10-25T0700 --state unknown")
@click.argument("edition", metavar="ID")
@click.option(
    "--state",
    type=click.Choice(STATES),
    help="Only those in this state; unknown: all that were ever in doubt.",
)
@json_option
def deliveries(edition: str, state: str | None, as_json: bool) -> None:
    """Show the ledger of one edition: who got it, when, and what the other side said."""
    from digest.cli import _show
    from digest.model import State
    from digest.store import deliveries as ledger
    from digest.store import editions as store

    loaded = settings()

    async def work() -> None:
        async with tools(loaded, changes=False) as opened:
            found = await store.by_name(opened.db, edition)
            domain = _domain(loaded, found)
            rows = ledger.rows(opened.db, found.id, State(state) if state else None)
            if as_json:
                await _show.stream(_entry(row, found, domain) async for row in rows)
                return
            shown = [(row.address, row.state, row.attempts, row.at, row.reply) async for row in rows]
            _show.table(
                ("address", "state", "attempts", "at", "reply"), shown, empty="No delivery is in that state."
            )

    run(work())


def _domain(loaded: Settings, edition: Edition) -> str:
    """Return the domain that an edition's Message-IDs stand on; "" if its newsletter is not configured any more."""
    from digest.copies import letterhead

    newsletters = {entry.name: entry for entry in loaded.newsletters}
    return letterhead(newsletters[edition.newsletter]).domain if edition.newsletter in newsletters else ""


def _entry(row: LedgerRow, edition: Edition, domain: str) -> dict[str, Any]:
    from digest.message import message_id

    return {
        "address": row.address,
        "state": row.state.value,
        "attempts": row.attempts,
        "message_id": message_id(edition.name, row.reader_id, domain) if domain else None,
        "reply": row.reply,
        "at": row.at,
        "next": row.not_before,
        "in_doubt_since": row.doubted_at,
    }
