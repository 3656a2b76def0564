"""The one judgement of what comes back: pure, the same for a webhook, a bounce mail and a reply at hand-over.

What is about us (authentication, reputation, policy, speed) never counts against a reader. A dead mailbox is suppressed
at once. Anything else that failed counts once a day, and only a reader who fails again and again, in several editions, is
given up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from digest.model import Event, EventType
from digest.senders.judgement import About, Judgement, Phase, judge

#: A reader with this many soft bounces, in so many days and over at least so many editions, gets no more mail. Mailman
#: gives up at five as well, one a day at most.
MOST_SOFT_BOUNCES = 5
SOFT_BOUNCE_DAYS = 30
LEAST_EDITIONS = 3


_PERMANENT = 550  # SMTP's general code for it


class Consequence(StrEnum):
    """What an event does; the words follow "the reader" or stand alone."""

    SUPPRESSED = "suppressed"  # nothing is ever sent there again
    COUNTED = "counted"  # a soft bounce: enough of them suppress
    LEFT = "unsubscribed"  # of the newsletter that the mail was of; of all where that is unknown
    COMPLAINED = "complained"  # suppressed for good: the reader called our mail spam
    OURS = "blamed on us"  # no reader is touched, a person has to look after the sender
    NOTHING = "noted"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event means, why, and the judgement behind it where there was a text to judge."""

    consequence: Consequence
    reason: str = ""
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True, order=True)
class SoftBounce:
    """A day on which mails to a reader failed, and the edition that the first of them was of (None: unknown)."""

    day: date
    edition_id: int | None = None


def meaning(event: Event) -> Meaning:
    """Return what an event means for its reader; pure, and the same whoever reports it."""
    match event.type:
        case EventType.COMPLAINED:
            return Meaning(Consequence.COMPLAINED, "the reader marked a mail as spam")
        case EventType.UNSUBSCRIBED:
            return Meaning(Consequence.LEFT, "the reader left through the mail service")
        case EventType.BOUNCED | EventType.REJECTED:
            return _failure(event)
        case _:
            return Meaning(Consequence.NOTHING)


def _failure(event: Event) -> Meaning:
    # Where the reporter gives no code, its own word "permanent" stands for one.
    code = event.code or (_PERMANENT if event.lasting else 0)
    judgement = judge(Phase.REPORT, code, event.text, recipient=event.address)
    reason = _reason(event, judgement)
    if judgement.about is About.US:
        return Meaning(Consequence.OURS, reason, judgement)
    if judgement.about is About.MAIL:
        return Meaning(Consequence.NOTHING, reason, judgement)
    if judgement.hard and event.lasting is not False:
        return Meaning(Consequence.SUPPRESSED, reason, judgement)
    if event.lasting and not _says_why(judgement):
        return Meaning(
            Consequence.SUPPRESSED, reason, judgement
        )  # the reporter says so, and nothing speaks against it
    if event.type is EventType.REJECTED:
        return Meaning(Consequence.NOTHING, reason, judgement)  # it was never tried
    return Meaning(Consequence.COUNTED, reason, judgement)


def _says_why(judgement: Judgement) -> bool:
    return bool(judgement.source)


def _reason(event: Event, judgement: Judgement) -> str:
    said = " ".join(event.text.split())
    cause = judgement.cause.value if judgement.source else ""
    return ": ".join(part for part in (cause, said) if part) or event.type.value


def is_spent(bounces: Iterable[SoftBounce], today: date, *, delivered: Collection[date] = ()) -> bool:
    """Tell whether a reader's soft bounces are enough to give up; `delivered` are days of mails that did arrive.

    A day counts once, however many mails failed on it. A mail that arrived since takes the oldest one back.
    """
    recent = sorted(
        {one.day: one for one in bounces if today - one.day < timedelta(days=SOFT_BOUNCE_DAYS)}.values()
    )
    if not recent:
        return False
    forgiven = len({day for day in delivered if day > recent[0].day} - {one.day for one in recent})
    left = recent[forgiven:]
    editions = {one.edition_id for one in left}
    return len(left) >= MOST_SOFT_BOUNCES and len(editions) >= LEAST_EDITIONS
