"""Read one mail that came back: the surest form first, and words only where there is no form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message

from digest.feedback.reading import complaints, delivery_status, plain, requests, sns
from digest.feedback.reading.addresses import address_in, addresses_in
from digest.feedback.reading.report import Report
from digest.feedback.reading.structure import (
    Part,
    date_of,
    header,
    headers,
    message_id,
    parse,
    parts,
    recipient_of,
    texts,
)
from digest.model import EventType

#: Parts that hold our mail, or its head (RFC 3462, RFC 6532).
_RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers")
#: Where servers write whom a mail was delivered to, the surest first.
_CAME_TO = ("x-original-to", "delivered-to", "envelope-to", "to")
_MOST_CHARACTERS = 100_000  # in which a delivery status is looked for that lost its form
_QUOTA_OF_THE_MAILBOX = "5.2."  # such a status is about the mailbox, but not about its address


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A mail that came back: its reports, the addresses that it came to, who wrote it ("" if unknown), and when."""

    reports: tuple[Report, ...]
    came_to: tuple[str, ...]
    author: str
    at: datetime | None


def read(mail: bytes) -> list[Report]:
    """Return what a mail reports, one report for each recipient; empty where it reports nothing.

    It never raises: whatever cannot be read is no report.
    """
    return list(take(mail).reports)


def take(mail: bytes) -> Returned:
    """Return a mail's reports and its envelope, as far as its head shows it; never raises."""
    message = parse(mail)
    found = parts(message)
    head, said, at = _returned(found), texts(found), date_of(message)
    ours, returned = message_id(head), bool(head)
    came_to = [one for name in _CAME_TO for value in headers(message, name) for one in addresses_in(value)]
    return Returned(
        reports=tuple(
            replace(one, at=at, message_id=ours, returned=returned)
            for one in _reports(message, found, head, said)
        ),
        came_to=tuple(dict.fromkeys(came_to)),
        author=address_in(header(message, "from")),
        at=at,
    )


def _reports(message: Message, found: Sequence[Part], head: str, said: str) -> list[Report]:
    if complaint := complaints.read(found, head):
        return [complaint]
    if reports := delivery_status.read(found) or delivery_status.read_loose(_everything(found)):
        return [_named(_explained(one, said), message, head, said) for one in reports]
    if reports := sns.read(said):
        return reports
    if request := requests.read(message):
        return [request]
    return [_named(one, message, head, said) for one in plain.read(message, said, _ours(message))]


def _returned(found: Sequence[Part]) -> str:
    """Return the head of our mail, where the report brought it back."""
    return next((part.text for part in found if part.type in _RETURNED_TYPES), "")


def _named(report: Report, message: Message, head: str, said: str) -> Report:
    """Name the recipient where the form does not: from the server's words, or from whom our mail was to."""
    if report.recipient:
        return report
    failed = [*addresses_in(header(message, "x-failed-recipients"))] or plain.named(said, _ours(message))
    return replace(report, recipient=failed[0] if len(failed) == 1 else recipient_of(head))


def _explained(report: Report, said: str) -> Report:
    """Add what the mail says in words: the reason where the form has none, and what was refused."""
    if report.type is not EventType.BOUNCED:
        return report
    words = plain.about(report.recipient, said.splitlines())
    text = report.text or words
    # A server quotes the recipient where it answers RCPT.
    quoted = f"<{report.recipient}>" in report.text and not report.status.startswith(_QUOTA_OF_THE_MAILBOX)
    about_address = (
        report.status.startswith("5.1.")
        or quoted
        or plain.is_about_address(text, f"{report.text} {words}", said)
    )
    return replace(report, text=text, about_address=about_address)


def _everything(found: Sequence[Part]) -> str:
    return "\n\n".join(part.text for part in found if part.type.startswith("text/"))[:_MOST_CHARACTERS]


def _ours(message: Message) -> frozenset[str]:
    names = ("to", "delivered-to", "from", "return-path")
    return frozenset(one.lower() for name in names for one in addresses_in(header(message, name)))
