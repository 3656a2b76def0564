"""What became of an edition, as `digest send` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.pipeline.publish import Published
    from digest.usecases.editions.sending import SendRun

#: What `status` says of an edition that an earlier call made and sent.
ALREADY_SENT = "already-sent"

#: What the JSON says of an edition first, in this order.
KEYS = ("edition", "newsletter", "slot", "status", "recipients")

#: The states that are counted for whoever sends.
COUNTED = ("sent", "deferred", "refused", "unknown", "skipped")


def result(published: Published) -> dict[str, Any]:
    """Return what the JSON says of an edition, and a `text` that says it in words."""
    from digest.model import EditionStatus
    from digest.usecases.editions.status import as_json

    edition, tally = published.edition, published.tally
    status: str = edition.status.value
    if edition.status is EditionStatus.SENT and not published.delivered:
        status = ALREADY_SENT
    shown = as_json(edition, tally)
    row = {**{key: shown[key] for key in (*KEYS, *COUNTED)}, "status": status}
    problems = (*edition.problems, *published.problems)
    return {**row, "problems": problems, "did_not_fit": {}, "text": _in_words(row, edition.reason)}


def judged(sent: SendRun) -> dict[str, Any]:
    """Return the result of a real run: all its problems, whether it `failed`, for the exit code, and who missed it."""
    from digest.cli.wording import undelivered

    published = sent.published
    row, edition = result(published), published.edition
    late = undelivered.problems(edition, sent.given_up)
    told = [*row["problems"], *_left(sent), *late]
    words = "\n".join(told)
    last = undelivered.heard_last(sent.heard_last)
    told += [line for line in last if line.rpartition("; ")[2] not in words]
    return {
        **row,
        "problems": list(dict.fromkeys(told)),
        "failed": bool(sent.unfinished),
        "did_not_fit": sent.did_not_fit,
        "missed": (sent.missed, sent.more_missed),
    }


def _left(sent: SendRun) -> list[str]:
    """Say whom an edition that is not being sent any more has left behind, where a person may want to act."""
    from digest.model import State
    from digest.terminal import counted
    from digest.usecases.editions.sending import Unfinished

    edition, tally = sent.published.edition, sent.published.tally
    found = []
    if Unfinished.IN_DOUBT in sent.unfinished:
        found.append(
            f"{counted(tally[State.UNKNOWN], 'reader')} may or may not have had it: "
            f'"digest deliveries {edition.name} --state unknown" lists them; "digest deliveries retry" '
            'with the same words sends it to them again, "digest deliveries accept" notes that they have it'
        )
    if Unfinished.REACHED_NOBODY in sent.unfinished:
        readers = counted(tally[State.REFUSED], "reader")
        found.append(
            f"it reached nobody, for the mails to {readers} were refused; once that is mended, "
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
