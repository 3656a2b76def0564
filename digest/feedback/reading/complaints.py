"""Complaints: reports of mailbox providers that a reader marked our mail as spam (ARF, RFC 5965)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from digest.feedback.reading.addresses import address_in
from digest.feedback.reading.report import Report
from digest.feedback.reading.structure import Part, blocks, recipient_of
from digest.model import EventType

#: Feedback types (RFC 5965, 7.3; RFC 6430; RFC 6591) by which a reader says that the mail was unwanted.
_UNWANTED = {"abuse", "fraud", "virus", "other", "opt-out", "miscategorized"}

#: Where a report names the reader, the surest first.
_RECIPIENT_FIELDS = ("original-rcpt-to", "removal-recipient", "x-original-rcpt-to")


def read(parts: Iterable[Part], returned: str) -> Report | None:
    """Return the complaint in a mail's parts, None where there is none; `returned` is the head of our mail."""
    for part in parts:
        if part.type == "message/feedback-report":
            return _report(next(iter(blocks(part.text)), {}), returned)
    return None


def _report(said: Mapping[str, str], returned: str) -> Report:
    kind = said.get("feedback-type", "").strip().lower()
    recipient = next((found for name in _RECIPIENT_FIELDS if (found := address_in(said.get(name, "")))), "")
    return Report(
        type=EventType.COMPLAINED if kind in _UNWANTED else EventType.OTHER,
        recipient=recipient or recipient_of(returned),
        text=kind,
    )
