"""The commands and bytes that one message becomes, and whether a server can take them at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.errors import SenderBroken, SenderUnfit
from digest.model import Message, Refused
from digest.senders import SendResult
from digest.senders.smtp.handshake import Features

_ADDRESS = re.compile(r"[^\x00-\x20\x7f-\x9f<>\s]{1,254}")
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def unfit(message: Message, features: Features, where: str) -> SendResult | None:
    """Say why this server cannot be given this message; None if it can."""
    if features.size and message.size > features.size:
        return SenderUnfit(
            f"the mail has {message.size:,} bytes, {where} takes at most {features.size:,}: "
            "fewer articles, or another sender"
        )
    return None if message.wire_safe else _odd(message, features, where)


def _odd(message: Message, features: Features, where: str) -> SendResult | None:
    """Look at a message of which it is not known whether it can go over the wire."""
    if not _ADDRESS.fullmatch(message.recipient):
        return Refused("the address is not one that a server could be given")
    if not _ADDRESS.fullmatch(message.sender or "-"):
        return SenderBroken(
            f"{message.sender!r} is not an address to send from: check the newsletter's `from`"
        )
    data = message.data
    if _STRAY.search(data) or not data.endswith(b"\r\n"):
        return SenderUnfit("the mail has a line that does not end in CRLF")
    if not _is_ascii(message) and "SMTPUTF8" not in features:
        what = f"is not ASCII, and {where} does not offer SMTPUTF8 for such addresses"
        if message.sender.isascii():
            return Refused(f"the address {what}")
        return SenderUnfit(f"the sender's address {what}: use another one in the newsletter's `from`")
    if not data.isascii() and "8BITMIME" not in features:
        return SenderUnfit(f"the mail is not ASCII, and {where} does not offer 8BITMIME: use another sender")
    return None


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
