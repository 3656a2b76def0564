"""What senders over an HTTP API share: mails taken apart for those that want fields, answers read without trust."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import MIMEPart
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from digest.clock import utc_now
from digest.model import Message
from digest.net.http import Response

_PASSED_ON = (
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Precedence",
    "Feedback-ID",
    "X-Digest-Test",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mail as the fields that providers ask for; texts are decoded, addresses as people write them."""

    author: str
    recipient: str
    subject: str
    text: str
    html: str
    reply_to: str = ""
    headers: Mapping[str, str] = field(
        default_factory=dict
    )  # those that a provider does not make itself, as written


def take_apart(message: Message) -> Fields:
    """Read a message's fields back out of its bytes."""
    mail = message_from_bytes(message.data, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    raw = {name: value.replace("\r\n", "") for name, value in mail.raw_items()}
    return Fields(
        author=_mailbox(raw["From"]),
        recipient=_mailbox(raw.get("To", "")) or message.recipient,
        subject=str(mail["Subject"] or ""),
        text=_content(text),
        html=_content(html),
        reply_to=_mailbox(raw.get("Reply-To", "")),
        headers={name: raw[name] for name in _PASSED_ON if name in raw},
    )


def _mailbox(raw: str) -> str:
    """Return a name and address as people write them.

    The blanks between two encoded words belong to neither (RFC 2047, 6.2), which `policy.default` forgets in addresses.
    """
    name, address = parseaddr(raw)
    if not name or not address:
        return address
    local, _, domain = address.rpartition("@")
    return str(Address(str(make_header(decode_header(name))), username=local, domain=domain))


def _content(part: MIMEPart | None) -> str:
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def read_json(response: Response) -> Any:
    """Return the answer's JSON, or None if it is not JSON: gateways answer in HTML, connections break in the middle."""
    try:
        return json.loads(response.body)
    except (ValueError, RecursionError):
        return None


def read_object(response: Response) -> dict[str, Any]:
    """Return the answer's JSON object, or an empty one."""
    answer = read_json(response)
    return answer if isinstance(answer, dict) else {}


def in_words(response: Response, *keys: str) -> str:
    """Describe an answer: host, status, and the first paragraph of the texts under `keys` of its JSON object.

    Below it some services repeat the request, its credentials included.
    """
    answer = read_object(response)
    details = " ".join(" ".join(_first_paragraph(answer[key]).split()) for key in keys if answer.get(key))
    return f"{urlsplit(response.url).hostname}: {response.status} {details}".strip()[:500]


def _first_paragraph(text: object) -> str:
    return str(text).strip().partition("\n\n")[0]


def retry_after(response: Response) -> float | None:
    """Return the seconds that the provider asks us to wait, an hour at most."""
    seconds = response.retry_after(utc_now())
    return None if seconds is None else min(seconds, 3600.0)
