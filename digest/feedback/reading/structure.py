"""Take a mail apart without trusting it: its parts in their order, their texts, and the heads of mails within it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from digest.feedback.reading.addresses import addresses_in

MAX_BYTES = 1_000_000  # of a mail; what comes after is cut off
MAX_DEPTH = 12  # parts within parts
MAX_PARTS = 200
MAX_GROUPS = 200  # of fields in a delivery status: one for each recipient
_MOST_SEPARATORS = (
    2000  # lines such as those between parts; a mail with more is only made to keep a parser busy
)
_MOST_CHARACTERS = 100_000  # of a mail's text that is read; and of one line and one field:
_LINE_CHARACTERS = 4000

_BREAKS = re.compile(rb"\r\n|\r")
_FIELD = re.compile(r"^([!-9;-~]+)[ \t]*:[ \t]*(.*)$")
_MESSAGE_ID = re.compile(r"<([^<>\s]{3,300}@[^<>\s]{1,255})>")


def parse(mail: bytes) -> Message:
    """Return a mail as its parts; whatever its line ends, and cut at a size.

    One that nests or divides without end is read as one text.
    """
    mail = _BREAKS.sub(b"\n", mail[:MAX_BYTES]).lstrip(b"\n")
    if mail.count(b"\n--") > _MOST_SEPARATORS:
        return _undivided(mail)
    try:
        return message_from_bytes(mail)
    except RecursionError:
        return _undivided(mail)


def _undivided(mail: bytes) -> Message:
    return BytesHeaderParser().parsebytes(mail)


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds no others: its type, such as "text/plain", and its text."""

    type: str
    text: str


def parts(message: Message) -> list[Part]:
    """Return the innermost parts in their order; the blocks of a delivery status and returned mails as text."""
    found: list[Part] = []
    _collect(message, found, 0)
    return found


def _collect(message: Message, found: list[Part], depth: int) -> None:
    kind = message.get_content_type()
    if depth > MAX_DEPTH or len(found) >= MAX_PARTS:
        return
    payload = _payload(message)
    if kind.startswith("message/"):
        text = "\n".join(_whole(one) for one in payload) if isinstance(payload, list) else payload
        found.append(Part(kind, text))
    elif isinstance(payload, list):
        for one in payload:
            _collect(one, found, depth + 1)
    else:
        # One that says it has parts and has none is broken; people would read it as it is.
        found.append(Part("text/plain" if kind.startswith("multipart/") else kind, _text(message)))


def _whole(message: Message) -> str:
    """Return a message within a message as text: its fields and what follows them."""
    fields = "\n".join(f"{name}: {value}" for name, value in message.items())
    payload = _payload(message)
    return f"{fields}\n\n{payload if isinstance(payload, str) else ''}"


def _payload(message: Message) -> str | list[Message]:
    try:
        payload = message.get_payload()
    except (LookupError, ValueError):  # a charset that is none for mails
        return _text(message)
    return payload if isinstance(payload, list) else str(payload or "")  # type: ignore[return-value]


def _text(message: Message) -> str:
    raw = message.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    try:
        return raw.decode(message.get_content_charset() or "utf-8")
    except (LookupError, ValueError):
        return raw.decode("latin-1")


def header(message: Message, name: str) -> str:
    """Return a field as text on one line, encoded words decoded; "" without one."""
    value = message.get(name)
    return "" if value is None else decoded(str(value)[:_LINE_CHARACTERS])


def headers(message: Message, name: str) -> list[str]:
    """Return all fields of a name as `header` does."""
    return [decoded(str(value)[:_LINE_CHARACTERS]) for value in message.get_all(name, [])[:MAX_PARTS]]


def decoded(value: str) -> str:
    """Return a field's value with its encoded words decoded as far as they can be."""
    try:
        pieces = decode_header(value)
    except Exception:  # the library raises several kinds of error for words that are broken
        return " ".join(value.split())
    text = ""
    for piece, charset in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        try:
            text += piece.decode(charset or "latin-1")
        except (LookupError, ValueError):
            text += piece.decode("latin-1")
    return " ".join(text.split())


def fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield the fields at the beginning of a text, names in lower case, until the first empty line after one."""
    name, value = "", ""
    for line in text.splitlines():
        if name and line[:1] in (" ", "\t") and line.strip():
            value = f"{value} {line.strip()}"
            continue
        if name:
            yield name, value
            name = ""
        if found := _FIELD.match(line):
            name, value = found[1].lower(), found[2].strip()
        elif not line.strip():
            return
    if name:
        yield name, value


def blocks(text: str) -> list[Mapping[str, str]]:
    """Return the groups of fields of a delivery status (RFC 3464, 2.1), the first value of each."""
    found: list[Mapping[str, str]] = []
    for group in re.split(r"\n[ \t]*\n+", text, maxsplit=MAX_GROUPS)[:MAX_GROUPS]:
        values: dict[str, str] = {}
        for name, value in fields(group.strip("\n")):
            values.setdefault(name, value)
        if values:
            found.append(values)
    return found


def message_id(head: str) -> str:
    """Return the Message-ID in the head of a returned mail, without brackets; "" without one."""
    for name, value in fields(head.lstrip("\n")):
        if name == "message-id":
            found = _MESSAGE_ID.search(value)
            return found[1] if found else ""
    return ""


def recipient_of(head: str) -> str:
    """Return whom a returned mail was to, as its head says; "" unless it is one address."""
    named = dict(reversed(list(fields(head.lstrip("\n")))))
    for name in ("to", "x-apparently-to"):
        if len(found := list(addresses_in(named.get(name, "")))) == 1:
            return found[0]
    return ""


def date_of(message: Message) -> datetime | None:
    """Return the moment in a mail's Date, aware; None where there is none to be read."""
    try:
        moment = parsedate_to_datetime(header(message, "date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None


def texts(found: Sequence[Part]) -> str:
    """Return what a person would read: all plain texts, or else the words of the HTML."""
    plain = "\n".join(part.text for part in found if part.type == "text/plain")
    if plain.strip():
        return _cut(plain)
    markup = _cut("\n".join(part.text for part in found if part.type == "text/html"))
    return re.sub(r"<[^<>]{0,2000}>", " ", re.sub(r"(?i)<br[^<>]{0,100}>|</p>|</tr>|</div>", "\n", markup))


def _cut(text: str) -> str:
    return "\n".join(line[:_LINE_CHARACTERS] for line in text[:_MOST_CHARACTERS].split("\n"))
