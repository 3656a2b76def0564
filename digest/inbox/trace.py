"""The trace lines that a final delivery puts above a mail (RFC 5321, 4.4): its envelope and when it came.

They make a kept .eml file tell everything by itself; below them stand the mail's own bytes, untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_TRACE = re.compile(
    rb"Return-Path: <(?P<sender>[^\r\n]*)>\r\n"
    rb"(?P<recipients>(?:Delivered-To: [^\r\n]*\r\n)+)"
    rb"Received: [^\r\n]*\r\n\tby digest\.inbox [^\r\n]*;\r\n\t(?P<arrived>[^\r\n]*)\r\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who handed a mail in, for whom, and when; `sender` is "" for the null reverse-path."""

    sender: str
    recipients: tuple[str, ...]
    arrived: datetime
    client: str = ""  # the name it gave in HELO or EHLO


def write_trace(envelope: Envelope) -> bytes:
    """Return the trace lines of a mail, CRLF at each end."""
    lines = [
        f"Return-Path: <{envelope.sender}>",
        *(f"Delivered-To: {recipient}" for recipient in envelope.recipients),
        f"Received: from {envelope.client or 'unknown'}",
        "\tby digest.inbox with ESMTP;",
        f"\t{format_datetime(envelope.arrived.astimezone(UTC))}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def split_trace(data: bytes) -> tuple[Envelope | None, bytes]:
    """Return a kept file's envelope and the mail's own bytes; None where it carries no trace of ours."""
    match = _TRACE.match(data)
    if match is None:
        return None, data
    recipients = (line.partition(b": ")[2] for line in match["recipients"].splitlines())
    envelope = Envelope(
        sender=_text(match["sender"]),
        recipients=tuple(_text(recipient) for recipient in recipients),
        arrived=parsedate_to_datetime(match["arrived"].decode("ascii")),
    )
    return envelope, data[match.end() :]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
