"""What became of an edition, as `digest send` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.model import Edition, Tally
    from digest.pipeline.publish import Published
    from digest.tools import Tools

#: What `status` says of an edition that an earlier call made and sent.
ALREADY_SENT = "already-sent"

#: What `status` says of an edition that somebody has yet to complete.
OPEN = ("sending", "held")

#: What the JSON says of an edition first, in this order.
KEYS = ("edition", "newsletter", "slot", "status", "recipients")

#: The states that are counted for whoever sends.
COUNTED = ("sent", "deferred", "refused", "unknown", "skipped")


def result(published: Published) -> dict[str, Any]:
    """Return what the JSON says of an edition, and a `text` that says it in words."""
    from digest.model import EditionStatus
    from digest.usecases.edition_status import as_json

    edition, tally = published.edition, published.tally
    status: str = edition.status.value
    if edition.status is EditionStatus.SENT and not published.delivered:
        status = ALREADY_SENT
    shown = as_json(edition, tally)
    row = {**{key: shown[key] for key in (*KEYS, *COUNTED)}, "status": status}
    problems = (*edition.problems, *published.problems)
    return {**row, "problems": problems, "did_not_fit": {}, "text": _in_words(row, edition.reason)}


async def judged(published: Published, opened: Tools) -> dict[str, Any]:
    """Return the result of a real run: all its problems, and whether it `failed`, for the exit code."""
    from digest.cli.wording import undelivered
    from digest.usecases.edition_status import given_up, heard_last

    row, edition = result(published), published.edition
    late = undelivered.problems(edition, await given_up(opened, edition))
    left = [*_left(edition, published.tally), *late]
    told = [*row["problems"], *left]
    words = "\n".join(told)
    last = undelivered.heard_last(await heard_last(opened, edition))
    told += [line for line in last if line.rpartition("; ")[2] not in words]
    failed = row["status"] in OPEN or bool(left or edition.fault)
    return {**row, "problems": list(dict.fromkeys(told)), "failed": failed}


def _left(edition: Edition, tally: Tally) -> list[str]:
    """Say whom an edition that is not being sent any more has left behind, where a person may want to act."""
    from digest.model import State
    from digest.terminal import counted

    found = []
    if unknown := tally[State.UNKNOWN]:
        found.append(
            f"{counted(unknown, 'reader')} may or may not have had it: "
            f'"digest deliveries {edition.name} --state unknown" lists them; "digest deliveries retry" '
            'with the same words sends it to them again, "digest deliveries accept" notes that they have it'
        )
    refused = tally[State.REFUSED]
    if refused and not (tally.open or tally[State.SENT]):
        found.append(
            f"it reached nobody, for the mails to {counted(refused, 'reader')} were refused; once that is mended, "
            f'"digest deliveries retry {edition.name}" has it sent to them again'
        )
    return found


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
                f'"digest send {name}" goes on where this stopped; "digest run" does so by itself.'
            )
        case "held":
            return f'{name} is paused{": " + reason if reason else ""}. "digest editions resume {name}" lets it go on.'
        case "cancelled":
            return f"{name} is cancelled ({counts or 'sent to nobody'}); nobody else gets it."
        case status:
            return f"{name}: {status}{': ' + reason if reason else ''}."
