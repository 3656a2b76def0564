"""What a mail that came back says about one recipient."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from digest.feedback.meaning import Consequence, meaning
from digest.model import Event, EventType

_ENHANCED = re.compile(r"(?<![\d.])[45]\.\d\.\d{1,3}(?![\d.])")


class Kind(StrEnum):
    """The kinds of mails that come back, as `digest bounces read` names them."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    DELIVERED = "delivered"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report about one recipient ("" where it names none); `status` is the enhanced code (RFC 3463), "" without one.

    `about_address` says that the address itself is the cause, as far as the report shows at which moment it was
    refused: a filter that refuses the mail often words it as "user unknown" too.
    `message_id` is that of the mail that it is about, where the report brought its head back (`returned`).
    """

    type: EventType
    recipient: str = ""
    status: str = ""
    code: int = 0
    text: str = ""
    at: datetime | None = None
    message_id: str = ""
    returned: bool = False
    auto_reply: bool = False
    about_address: bool = True


def event_of(report: Report, mail: bytes, *, subscription_id: int | None = None) -> Event:
    """Return a report as an event; `mail` tells it from others, so that the same mail read twice is one event."""
    key = blake2b(mail, digest_size=16, person=b"bounce").hexdigest()
    return Event(
        key=f"{key}/{report.recipient.lower()}",
        type=report.type,
        address=report.recipient,
        at=report.at,
        message_id=report.message_id,
        subscription_id=subscription_id,
        code=report.code,
        text=_with_status(report),
        lasting=None if report.about_address else False,
        returned=report.returned,
    )


def _with_status(report: Report) -> str:
    """Return the words with an enhanced code before them, unless they have a better one, or nothing fails for good.

    A report of a failure is final: without any code it is a 5.0.0.
    """
    if _ENHANCED.search(report.text):
        return report.text
    final = "5.0.0" if report.type is EventType.BOUNCED and not report.code else ""
    return f"{report.status or final} {report.text}".strip()


def kind_of(report: Report) -> Kind:
    """Return what kind of report it is, by the one judgement of what comes back."""
    if report.auto_reply:
        return Kind.AUTO_REPLY
    match report.type:
        case EventType.COMPLAINED | EventType.UNSUBSCRIBED:
            return Kind.COMPLAINT
        case EventType.DELIVERED:
            return Kind.DELIVERED
        case EventType.DEFERRED:
            return Kind.SOFT
        case EventType.BOUNCED:
            hard = meaning(event_of(report, b"")).consequence is Consequence.SUPPRESSED
            return Kind.HARD if hard else Kind.SOFT
        case _:
            return Kind.NONE
