"""The commands and bytes that one message becomes, and whether a server can take them at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.model import Message
from digest.senders.smtp.handshake import Features

_ADDRESS = re.compile(r"[^\x00-\x20\x7f-\x9f<>\s]{1,254}")
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def unfit(message: Message, features: Features, where: str) -> str:
    """Say why this server cannot be given this message ("" if it can)."""
    if features.size and message.size > features.size:
        return f"the mail has {message.size} bytes, {where} takes at most {features.size}"
    if message.wire_safe:
        return ""
    if not _ADDRESS.fullmatch(message.recipient) or not _ADDRESS.fullmatch(message.sender or "-"):
        return "the address is not one that a server could be given"
    data = message.data
    if _STRAY.search(data) or not data.endswith(b"\r\n"):
        return "the mail has a line that does not end in CRLF"
    if not _is_ascii(message) and "SMTPUTF8" not in features:
        return f"the address is not ASCII, and {where} does not offer SMTPUTF8 for such addresses"
    if not data.isascii() and "8BITMIME" not in features:
        return f"the mail is not ASCII, and {where} does not offer 8BITMIME"
    return ""


def mail_command(message: Message, features: Features) -> bytes:
    """Return MAIL with the parameters that the message needs (RFC 1870, 6152, 6531)."""
    parameters = f" SIZE={message.size}" if "SIZE" in features.keywords else ""
    if not message.wire_safe:
        parameters += "" if all(map(bytes.isascii, message.pieces)) else " BODY=8BITMIME"
        parameters += "" if _is_ascii(message) else " SMTPUTF8"
    return f"MAIL FROM:<{message.sender}>{parameters}\r\n".encode()


def rcpt_command(message: Message) -> bytes:
    return f"RCPT TO:<{message.recipient}>\r\n".encode()


def body(message: Message) -> Sequence[bytes]:
    """Return the bytes of DATA: a line that begins with a dot gets another one (RFC 5321, 4.5.2)."""
    if message.wire_safe:
        return message.pieces
    stuffed = message.data.replace(b"\r\n.", b"\r\n..")
    return [b"." + stuffed if stuffed.startswith(b".") else stuffed]


def chunk(message: Message) -> Sequence[bytes]:
    """Return the message as the only chunk of a BDAT command, whose bytes go as they are (RFC 3030)."""
    return [b"BDAT %d LAST\r\n" % message.size, *message.pieces]


def _is_ascii(message: Message) -> bool:
    return message.recipient.isascii() and message.sender.isascii()
