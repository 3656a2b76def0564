"""`digest send`: make and send the edition of the slot now."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import rich_click as click

from digest.cli._run import (
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

if TYPE_CHECKING:
    from digest.pipeline import Published
    from digest.schedule import Slot
    from digest.settings import Newsletter, Settings
    from digest.tools import Tools

#: What `status` says of an edition that an earlier call made and sent.
ALREADY_SENT = "already-sent"

#: What `status` says of an edition that somebody has yet to complete.
OPEN = ("sending", "held")

#: The states that are counted for whoever sends.
COUNTED = ("sent", "deferred", "refused", "unknown", "skipped")


@click.command(epilog="Example: digest send daily --dry-run")
@click.argument("newsletter")
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help="Pretend that it is this time. The mails are real and go out at once; see --dry-run.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and to how many; change nothing.")
@json_option
def send(newsletter: str, at: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Make and send the edition of the slot now; safe to repeat.

    By hand means now: the latest slot is made however late it is. With --at the rules of the service hold, max_lateness
    included. An edition that was broken off is completed, and one that was sent is not sent again.
    Exit code 1 while an edition is still to be completed: broken off, paused, or with readers who are tried again later.
    """
    from digest.cli import _missed, _overflow, _show

    loaded = settings()
    entry = loaded.newsletter(newsletter)
    started = time.monotonic()
    result = run(
        _rehearse(loaded, entry, at)
        if dry_run
        else _send(loaded, entry, at, program_options(), quiet=as_json)
    )
    result["seconds"] = round(time.monotonic() - started, 2)
    text, (missed, more) = result.pop("text"), result.pop("missed", ((), False))
    is_open = result["status"] in OPEN and not dry_run
    for problem in result["problems"]:
        _show.say(f"! {problem}")
    if as_json:
        _show.document(result)
        if is_open:
            _show.say(text)
    else:
        click.echo(text)
        if surplus := _overflow.in_words(result["did_not_fit"]):
            click.echo(surplus)
        if missed:
            _missed.table(missed)
            click.echo(f"and others: digest editions show {result['edition']}" if more else "", nl=more)
    if is_open:
        fail()


async def _send(
    loaded: Settings, entry: Newsletter, at: datetime | None, options: list[str], *, quiet: bool
) -> dict[str, Any]:
    from digest import crew
    from digest.cli import _show
    from digest.cli._missed import some_missed
    from digest.cli._progress import progress_line
    from digest.pipeline import publish
    from digest.store.decisions import did_not_fit

    async with tools(loaded, at=moment(at, entry)) as opened:
        slot = _slot(entry, opened)
        if at:
            _show.say(
                f"The time is pretended ({opened.clock():%Y-%m-%d %H:%M} UTC), the mails are real and go out now."
            )
        stop = stopping()
        # A pretended time is this process's alone.
        others = 0 if at else crew.size(loaded) - 1
        with progress_line(quiet=quiet, senders=loaded.senders) as progress:
            async with crew.crew(others, options):
                published = await publish(
                    entry, slot, opened, by_hand=at is None, stop=stop, progress=progress
                )
        result, edition = _result(published), published.edition
        if not edition.status.skipped:
            result["did_not_fit"] = await did_not_fit(opened.db, edition.id)
        return {**result, "missed": await some_missed(opened.db, edition.id)}


def _slot(entry: Newsletter, opened: Tools) -> Slot:
    """Return the slot that is due now."""
    from digest.errors import UsageError
    from digest.schedule import due_slot

    slot = due_slot(entry, opened.clock())
    if slot is None:
        raise UsageError(f"{entry.name} has had no slot yet: its schedule is {entry.schedule!r}")
    return slot


def _result(published: Published) -> dict[str, Any]:
    from digest.model import EditionStatus, State

    edition, tally = published.edition, published.tally
    status: str = edition.status.value
    if edition.status is EditionStatus.SENT and not published.delivered:
        status = ALREADY_SENT
    result = {
        "edition": edition.name,
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "status": status,
        "recipients": tally.recipients,
        **{state: tally[State(state)] for state in COUNTED},
    }
    problems = (*edition.problems, *published.problems)
    text = _in_words(result, edition.reason)
    return {**result, "problems": problems, "did_not_fit": {}, "text": text}


def _in_words(result: dict[str, Any], reason: str) -> str:
    from digest.terminal import counted

    name, total = result["edition"], result["recipients"]
    counts = ", ".join(f"{result[state]} {state}" for state in COUNTED if result[state])
    if result["status"] == ALREADY_SENT:
        return f"{name} was sent already ({counts or 'to nobody'}); nothing was sent again."
    match result["status"]:
        case "sent":
            return f"{name}: {counts} of {counted(total, 'reader')}."
        case "sending":
            because = f" {reason}" if reason else ""
            return (
                f"{name} is not done: {counts or 'nothing sent yet'} of {counted(total, 'reader')}.{because}\n"
                f'"digest send {result["newsletter"]}" goes on where this stopped; "digest run" does so by itself.'
            )
        case "held":
            return f'{name} is paused{": " + reason if reason else ""}. "digest editions resume {name}" lets it go on.'
        case "cancelled":
            return f"{name} is cancelled ({counts or 'sent to nobody'}); nobody else gets it."
        case status:
            return f"{name}: {status}{': ' + reason if reason else ''}."


async def _rehearse(loaded: Settings, entry: Newsletter, at: datetime | None) -> dict[str, Any]:
    """Say what `send` would do with the same slot at the same moment."""
    from digest.pipeline import Published, lateness
    from digest.store import editions

    async with tools(loaded, at=moment(at, entry), changes=False) as opened:
        slot = _slot(entry, opened)
        known = await editions.find(opened.db, entry.name, slot.text)
        if known and (at or not known.status.skipped):
            tally = await editions.tally(opened.db, known.id)
            result = _result(Published(edition=known, tally=tally, delivered=False))
            return {**result, "dry_run": True, "text": _would(result, tally.open)}
        if at and (late := lateness(entry, slot, opened.clock())):
            return _nothing_yet(entry, slot, "skipped-late", late)
        return await _rehearse_making(entry, slot, opened)


async def _rehearse_making(entry: Newsletter, slot: Slot, opened: Tools) -> dict[str, Any]:
    from digest.opening import nobody_reads
    from digest.rehearsal import prove
    from digest.store import audience
    from digest.terminal import counted

    proof = await prove(entry, slot, opened)
    skip = proof.plan.skip or await nobody_reads(entry, opened)
    if proof.mail is None or skip:
        result = _nothing_yet(entry, slot, "skipped-empty", skip)
    else:
        count = await audience.size(opened.db, entry.name)
        to, what = counted(count, "reader"), counted(len(proof.plan.chosen), "article")
        text = f"{proof.edition} would go to {to}, with {what}: {proof.mail.subject}"
        result = {**_nothing_yet(entry, slot, "sending", ""), "recipients": count, "text": text}
    surplus = {} if skip else proof.plan.did_not_fit
    return {**result, "problems": proof.plan.problems, "did_not_fit": surplus}


def _nothing_yet(entry: Newsletter, slot: Slot, status: str, skip: str) -> dict[str, Any]:
    from digest.store.editions import name_of

    name = name_of(entry.name, slot.text)
    return {
        "edition": name,
        "newsletter": entry.name,
        "slot": slot.text,
        "status": status,
        "dry_run": True,
        "problems": (),
        "did_not_fit": {},
        "recipients": 0,
        **dict.fromkeys(COUNTED, 0),
        "text": f"{name} would be skipped: {skip}",
    }


def _would(result: dict[str, Any], still: int) -> str:
    """Say what `send` would do about an edition that has been made."""
    name = result["edition"]
    match result["status"]:
        case "sending":
            return f"Sending would go on with {name}: {still:,} of {result['recipients']:,} still to go."
        case "already-sent":
            return f"{name} was sent already; nothing would be sent again."
        case _:
            return str(result["text"])
