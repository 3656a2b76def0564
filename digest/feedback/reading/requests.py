"""What a mailbox answers by itself: a request to leave that a mail program sends, or an automatic reply (RFC 3834)."""

from __future__ import annotations

import re
from email.message import Message

from digest.feedback.reading import plain
from digest.feedback.reading.addresses import address_in
from digest.feedback.reading.report import Report
from digest.feedback.reading.structure import header
from digest.model import EventType

_AUTO_SUBJECT = re.compile(
    r"^(?:auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|vacation|abwesen"
    r"|r[ée]ponse automatique|respuesta autom|risposta automatica|automatisch|自動返信)",
    re.IGNORECASE,
)
_AUTO_FIELDS = ("x-autoreply", "x-autorespond", "x-auto-response")
#: Apple's mail programs set it on what "Unsubscribe" sends to the address in List-Unsubscribe (RFC 2369).
_LEAVES_FIELD = "x-apple-unsubscribe"


def read(message: Message) -> Report | None:
    """Return what a mailbox asks for or answers by itself; None where it does neither."""
    if header(message, _LEAVES_FIELD).lower() == "true":
        recipient = address_in(header(message, "from"))
        return Report(type=EventType.UNSUBSCRIBED, recipient=recipient, text="the mail program's button")
    return Report(type=EventType.OTHER, auto_reply=True) if _is_auto_reply(message) else None


def _is_auto_reply(message: Message) -> bool:
    submitted = header(message, "auto-submitted").lower()
    if submitted.startswith("auto-replied") and not plain.is_from_a_server(message):
        return True
    return any(message.get(name) for name in _AUTO_FIELDS) or bool(
        _AUTO_SUBJECT.search(header(message, "subject"))
    )
