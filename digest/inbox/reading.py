"""Read a mail to show it: headings for the list, parts for its page. No mail is too broken to be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser

_HEAD_LIMIT_BYTES = 64_000  # octets; the headings of a mail are found well before
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the list shows of a mail, decoded; "" where it says nothing."""

    subject: str
    author: str  # From, with the name
    recipients: str  # To
    message_id: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An attachment or an inline picture; `index` is its place in `Letter.parts`."""

    index: int
    name: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail taken apart: header fields decoded and in their order, "" for a body that it does not have."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    parts: tuple[Part, ...]


def read_heading(data: bytes) -> Heading:
    """Read the few headers that the list shows."""
    message = BytesHeaderParser(policy=policy.compat32).parsebytes(_head(data))
    return Heading(
        subject=_decoded(message, "Subject"),
        author=_decoded(message, "From"),
        recipients=_decoded(message, "To"),
        message_id=_decoded(message, "Message-ID").strip("<>"),
        date=_decoded(message, "Date"),
    )


def read_letter(data: bytes) -> Letter:
    """Take a mail apart for its page."""
    head = BytesHeaderParser(policy=policy.compat32).parsebytes(_head(data))
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    bodies = [message.get_body((kind,)) for kind in ("html", "plain")]
    html, text = (_body(body) for body in bodies)
    leaves = [part for part in message.walk() if not part.is_multipart() and part not in bodies]
    return Letter(
        headers=tuple((name, _decode(str(value))) for name, value in head.items()),
        html=html,
        text=text,
        parts=tuple(_part(index, leaf) for index, leaf in enumerate(leaves)),
    )


def _head(data: bytes) -> bytes:
    end = data.find(b"\r\n\r\n", 0, _HEAD_LIMIT_BYTES)
    return data[: end if end >= 0 else _HEAD_LIMIT_BYTES]


def _decoded(message: Message, name: str) -> str:
    return _decode(str(message.get(name, "")))


def _decode(value: str) -> str:
    """Unfold and decode a header's value; as it stands where its encoding is broken."""
    unfolded = " ".join(value.split())
    try:
        decoded = str(make_header(decode_header(unfolded)))
    except (MessageError, LookupError, ValueError):
        decoded = unfolded
    return _CONTROLS.sub("", decoded).encode("utf-8", "replace").decode("utf-8")


def _body(part: Message | None) -> str:
    if part is None:
        return ""
    content = _content(part)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _part(index: int, part: Message) -> Part:
    media_type = part.get_content_type()
    return Part(
        index=index,
        name=part.get_filename() or f"part-{index + 1}.{media_type.rpartition('/')[2]}",
        media_type=media_type,
        content=_content(part),
        content_id=str(part.get("Content-ID", "")).strip("<> "),
    )
