"""Delivery status notifications (RFC 3464): one group of fields for the mail, one for each recipient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from digest.feedback.reading.addresses import address_in
from digest.feedback.reading.report import Report
from digest.feedback.reading.structure import Part, blocks
from digest.model import EventType

_STATUS = re.compile(r"\b([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_REPLY = re.compile(r"\b([245][0-9]{2})[ ,-]")
_TYPED = re.compile(r"^[A-Za-z0-9-]{1,20}[ \t]*;[ \t]*")  # "smtp; 550 ...", "rfc822; ada@..."

#: What a server did with the mail (RFC 3464, 2.3.3). OpenSMTPD says "error".
_ACTIONS = {
    "failed": EventType.BOUNCED,
    "failure": EventType.BOUNCED,
    "error": EventType.BOUNCED,
    "delayed": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "relayed": EventType.DELIVERED,
    "expanded": EventType.DELIVERED,
}

_TYPES = ("message/delivery-status", "message/global-delivery-status")


def read(parts: Iterable[Part]) -> list[Report]:
    """Return what the delivery statuses among a mail's parts say of each recipient."""
    return [
        report
        for part in parts
        if part.type in _TYPES
        for group in blocks(part.text)
        for report in _reports(group)
    ]


def read_loose(text: str) -> list[Report]:
    """Return what a delivery status says that stands in a text: its server, or one on the way, broke the form."""
    if "inal-recipient" not in text.lower():
        return []
    groups = (group for group in blocks(text) if "action" in group or "status" in group)
    return [report for group in groups for report in _reports(group)]


def _reports(group: Mapping[str, str]) -> Iterator[Report]:
    original, final = (address_in(_untyped(group.get(name, ""))) for name in _RECIPIENTS)
    if not (original or final) and "action" not in group:
        return  # it is about the mail as a whole
    diagnostic = _untyped(group.get("diagnostic-code", ""))
    status = _STATUS.search(group.get("status", ""))
    action = re.split(r"[\s(;]", group.get("action", "").strip().lower())[0]
    reply = _REPLY.search(f"{diagnostic} ")
    kind = _ACTIONS.get(action) or _by_status(status[1] if status else "")
    yield Report(
        type=kind,
        recipient=original or final,
        status=status[1] if status else "",
        code=int(reply[1]) if reply else 0,
        text=diagnostic,
    )


_RECIPIENTS = ("original-recipient", "final-recipient")


def _untyped(value: str) -> str:
    return _TYPED.sub("", value.strip())


def _by_status(status: str) -> EventType:
    return {"2": EventType.DELIVERED, "4": EventType.DEFERRED, "5": EventType.BOUNCED}.get(
        status[:1], EventType.BOUNCED
    )
