"""An edition's mail, encoded once; each reader's copy is the same bytes with a few values spliced in."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from digest.message import base64_text, headers, quoted_printable
from digest.message.base64_text import Base64Text
from digest.message.letterhead import Letterhead, mailbox
from digest.message.quoted_printable import QuotedPrintable
from digest.model import Mail, Message, Recipient, placeholders

if TYPE_CHECKING:
    from digest.message.dkim import Signer  # brings 7 MB of cryptography, which only those who sign need

#: Printable ASCII without the characters that would end the address.
_URL = re.compile(r"[!#-+\--;=?-~]{1,900}")
_NEWLINES = str.maketrans({"\r": "\n"})


def message_id(edition: str, reader_id: int, domain: str) -> str:
    """Return the Message-ID, without brackets, of an edition's mail to a reader: the same on every attempt."""
    return f"{edition}.{_digest(edition, str(reader_id))}@{domain}"


class Skeleton:
    """The bytes that all copies of a mail share, with holes for what is a reader's own.

    `edition` names the mail in its Message-IDs; `date` is its Date header, aware; each of `signers` adds its DKIM
    signature; `text_only` leaves out the HTML. `return_path` and `leave_address` make of a subscription's number the
    address that its mail comes back to (VERP) and the one to leave by mail; without them the letterhead's are
    everybody's. Raises UsageError for a letterhead that cannot send.
    """

    def __init__(
        self,
        mail: Mail,
        letterhead: Letterhead,
        *,
        edition: str,
        date: datetime,
        signers: Sequence[Signer] = (),
        text_only: bool = False,
        return_path: Callable[[int], str] | None = None,
        leave_address: Callable[[int], str] | None = None,
    ) -> None:
        self._return_path, self._leave_address = return_path, leave_address
        self._letterhead = letterhead
        self._edition = edition
        self._date = date
        self._timestamp = int(date.timestamp())
        self._signers = signers
        self._domain = letterhead.domain
        self._sender = mailbox(letterhead.bounces or letterhead.sender)[1]
        self._subject = mail.subject
        self._text = _part(mail.text, str)
        self._html = None if text_only else _part(mail.html, html.escape)
        self._boundary = b"=_" + _digest(edition, "boundary").encode()  # "=_" cannot occur in an encoded part
        self._before, self._after = self._fixed_fields()
        self._seams = self._build_seams()

    def message(self, recipient: Recipient, values: Mapping[str, str]) -> Message:
        """Build one reader's copy; `values` has a text for each of `marks.NAMES`.

        Raises ValueError if the address or the unsubscribe link cannot stand in a header.
        """
        identity = self._identity(recipient)
        fields = [*self._before, *self._own_fields(recipient, values, identity), *self._after]
        body = self._body(values)
        if self._signers:
            fields = self._signed(fields, body)
        return Message(
            id=identity,
            key=f"{self._edition}/{recipient.reader_id}",
            sender=self._return_path(recipient.subscription_id) if self._return_path else self._sender,
            recipient=recipient.address,
            pieces=(b"".join([*fields, b"\r\n"]), *body),
            wire_safe=recipient.address.isascii(),
        )

    def _body(self, values: Mapping[str, str]) -> tuple[bytes, ...]:
        if self._html is None:
            return (*self._text.fill(values), b"\r\n")
        opening, middle, closing = self._seams
        return (opening, *self._text.fill(values), middle, *self._html.fill(values), closing)

    def _signed(self, fields: list[bytes], body: Iterable[bytes]) -> list[bytes]:
        whole = b"".join(body)
        return [*(signer.sign(fields, whole, timestamp=self._timestamp) for signer in self._signers), *fields]

    def _identity(self, recipient: Recipient) -> str:
        if not self._letterhead.test:
            return message_id(self._edition, recipient.reader_id, self._domain)
        # Each test copy is a mail of its own, or mailboxes would drop the second one as a duplicate.
        return f"test.{_digest(self._edition, recipient.address, self._date.isoformat())}@{self._domain}"

    def _own_fields(self, recipient: Recipient, values: Mapping[str, str], identity: str) -> list[bytes]:
        fields = [
            headers.mailbox_field("To", recipient.name, recipient.address),
            b"Message-ID: <%b>\r\n" % identity.encode("ascii"),
        ]
        if not self._letterhead.system:
            fields.append(self._unsubscribe_field(values["unsubscribe_url"], recipient.subscription_id))
        if placeholders.OPEN in self._subject:
            fields.append(headers.text_field("Subject", placeholders.fill(self._subject, values.__getitem__)))
        return fields

    def _unsubscribe_field(self, url: str, subscription_id: int) -> bytes:
        """Write List-Unsubscribe (RFC 2369): one https address that takes a POST, a mail address if there is one."""
        if not _URL.fullmatch(url):
            raise ValueError(f"{url[:100]!r} cannot stand in a List-Unsubscribe header")
        address = self._letterhead.leave_address
        if self._leave_address:
            address = self._leave_address(subscription_id)
        if not address:
            return b"List-Unsubscribe: <%b>\r\n" % url.encode("ascii")
        return headers.raw_field("List-Unsubscribe", f"<{url}>,", f"<mailto:{address}?subject=unsubscribe>")

    def _fixed_fields(self) -> tuple[list[bytes], list[bytes]]:
        letterhead, (name, address) = self._letterhead, self._letterhead.author
        before = [headers.mailbox_field("From", name, address)]
        if letterhead.reply_to:
            before.append(headers.mailbox_field("Reply-To", *mailbox(letterhead.reply_to)))
        if placeholders.OPEN not in self._subject:
            before.append(headers.text_field("Subject", self._subject))
        before.append(headers.date_field(self._date))
        after = self._system_fields() if letterhead.system else self._list_fields(name)
        if letterhead.test:
            after.append(headers.raw_field("X-Digest-Test", "yes"))
        after.append(headers.raw_field("MIME-Version", "1.0"))
        after.append(self._content_type())
        return before, after

    def _content_type(self) -> bytes:
        if self._html is None:
            encoding = headers.raw_field("Content-Transfer-Encoding", _encoding(self._text).decode())
            return headers.raw_field("Content-Type", "text/plain;", "charset=utf-8") + encoding
        return headers.raw_field(
            "Content-Type", "multipart/alternative;", f'boundary="{self._boundary.decode()}"'
        )

    def _list_fields(self, name: str) -> list[bytes]:
        letterhead = self._letterhead
        fields = [
            headers.raw_field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
            headers.list_id_field(letterhead.list_title or name, f"{letterhead.list_name}.{self._domain}"),
            headers.raw_field("Precedence", "bulk"),
        ]
        if letterhead.feedback_id:
            identity = f"{self._edition}:{letterhead.list_name}:digest:{letterhead.feedback_id}"
            fields.append(headers.raw_field("Feedback-ID", identity))
        return fields

    def _system_fields(self) -> list[bytes]:
        return [
            headers.raw_field("Auto-Submitted", "auto-generated"),  # RFC 3834
            headers.raw_field("X-Auto-Response-Suppress", "All"),  # Exchange
        ]

    def _build_seams(self) -> tuple[bytes, bytes, bytes]:
        """Return the bytes before, between and after the two parts (RFC 2046, 5.1.1), blank lines included."""
        if self._html is None:
            return b"", b"", b""
        opening = self._part_head(b"text/plain", self._text)
        middle = b"\r\n" + self._part_head(b"text/html", self._html)
        return opening, middle, b"\r\n--%b--\r\n" % self._boundary

    def _part_head(self, kind: bytes, part: QuotedPrintable | Base64Text) -> bytes:
        return b"--%b\r\nContent-Type: %b; charset=utf-8\r\n" % (
            self._boundary,
            kind,
        ) + b"Content-Transfer-Encoding: %b\r\n\r\n" % _encoding(part)


def _encoding(part: QuotedPrintable | Base64Text) -> bytes:
    return base64_text.ENCODING if isinstance(part, Base64Text) else quoted_printable.ENCODING


def _part(text: str, escape: Callable[[str], str]) -> QuotedPrintable | Base64Text:
    """Encode a part in whichever way makes it shorter; base64 around plain ASCII looks like spam to many filters."""
    lines = text.replace("\r\n", "\n").translate(_NEWLINES)
    quoted, packed = QuotedPrintable(lines, escape), Base64Text(lines, escape)
    is_ascii = placeholders.PATTERN.sub("", lines).isascii()
    return quoted if is_ascii or len(quoted) <= len(packed) else packed


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode(), digest_size=10).hexdigest()
