"""What became of an edition, as `digest send` tells it."""

from __future__ import annotations

from digest.pipeline.publish import Published
from digest.terminal import counted
from digest.usecases.editions import told
from digest.usecases.editions.send_results import COUNTED, DryRun, SendStatus, status_of


def in_words(published: Published, waiting_for_hour: int = 0) -> str:
    """Say how an edition stands, how many readers wait for their hour, and which command goes on with it."""
    edition, tally = published.edition, published.tally
    name, readers = edition.name, counted(tally.recipients, "reader")
    reason = f": {edition.reason}" if edition.reason else ""
    counts = ", ".join(f"{tally[state]} {state}" for state in COUNTED if tally[state])
    match status := status_of(published):
        case SendStatus.ALREADY_SENT:
            return f"{name} was sent already ({counts or 'to no reader'}); nothing was sent again."
        case SendStatus.SENT:
            if not tally.recipients:
                return f"{name} is made, and no reader gets it with this slot: they read weekly."
            return f"{name}: {counts} of {readers}."
        case SendStatus.SENDING:
            because = f" {edition.reason}" if edition.reason else ""
            if waiting_for_hour and waiting_for_hour == tally.open:
                (wait,) = told.waiting_for_hour(waiting_for_hour)
                return f'{name}: {counts or "nothing sent yet"} of {readers}; {wait}. "digest run" sends it then.'
            return (
                f"{name} is not done: {counts or 'nothing sent yet'} of {readers}.{because}\n"
                f'"digest send {name}" goes on where this stopped; "digest run" does so by itself.'
            )
        case SendStatus.PAUSED:
            return f'{name} is paused{reason}. "digest editions resume {name}" lets it go on.'
        case SendStatus.CANCELLED:
            return f"{name} is cancelled ({counts or 'sent to no reader'}); no other reader gets it."
        case SendStatus.SKIPPED_EMPTY | SendStatus.SKIPPED_LATE:
            return f"{name}: {status.value}{reason}."


def would(dry: DryRun) -> str:
    """Say what `send` would do with the same slot at the same moment."""
    if dry.made:
        return _would_go_on(dry.made)
    if dry.skip or dry.proof is None or dry.proof.mail is None:
        return f"{dry.edition} would be skipped: {dry.skip}"
    to, what = counted(dry.recipients, "reader"), counted(len(dry.proof.plan.chosen), "article")
    return f"{dry.edition} would go to {to}, with {what}: {dry.proof.mail.subject}"


def _would_go_on(made: Published) -> str:
    name, tally = made.edition.name, made.tally
    match status_of(made):
        case SendStatus.SENDING:
            return f"Sending would go on with {name}: {tally.open:,} of {tally.recipients:,} still to go."
        case SendStatus.ALREADY_SENT:
            return f"{name} was sent already; nothing would be sent again."
        case _:
            return in_words(made)
