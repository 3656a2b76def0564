"""Amazon's notifications by mail: what SES tells a topic of SNS, sent on to a mailbox."""

from __future__ import annotations

import json
import re
from typing import Any

from digest.feedback.reading.addresses import address_in
from digest.feedback.reading.report import Report
from digest.model import EventType

#: Sendmail breaks a line that is too long for it with "!", a new line and a blank.
_BROKEN_LINE = re.compile(r"!\n |\n ")
_READER = json.JSONDecoder(strict=False)  # a notification's lines may have been broken within its texts

#: By kind: the member that holds the details, the list of recipients in it, and what it means.
_KINDS = {
    "bounce": ("bounce", "bouncedRecipients", EventType.BOUNCED),
    "complaint": ("complaint", "complainedRecipients", EventType.COMPLAINED),
    "delivery": ("delivery", "recipients", EventType.DELIVERED),
}


def read(text: str) -> list[Report]:
    """Return what a notification says of each recipient; empty where the text is none."""
    outer = _object(_BROKEN_LINE.sub("", text))
    inner = _object(outer.get("Message", ""))
    said = inner or outer
    kind = _KINDS.get(str(said.get("notificationType") or said.get("eventType")).lower())
    if kind is None:
        return []
    details = said.get(kind[0])
    recipients = details.get(kind[1]) if isinstance(details, dict) else None
    if not isinstance(recipients, list):
        return []
    lasting = isinstance(details, dict) and details.get("bounceType") == "Permanent"
    return [_report(one, kind[2], lasting=lasting) for one in recipients]


def _report(one: Any, kind: EventType, *, lasting: bool) -> Report:
    values = one if isinstance(one, dict) else {"emailAddress": one}
    status = str(values.get("status", ""))
    if kind is EventType.BOUNCED and not status:
        status = "5.0.0" if lasting else "4.0.0"
    return Report(
        type=kind,
        recipient=address_in(str(values.get("emailAddress", ""))),
        status=status,
        text=str(values.get("diagnosticCode", "")).removeprefix("smtp;").strip(),
    )


def _object(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return {}
    try:
        value, _end = _READER.raw_decode(text.lstrip())  # words of Amazon's follow
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
