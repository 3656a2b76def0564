"""Mailjet: one event per request, or many where they are grouped; its address in Mailjet holds the login."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import prove_shared
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, tables, text
from digest.model import Event, EventType

_TYPES = {
    "sent": EventType.DELIVERED,
    "bounce": EventType.BOUNCED,
    "blocked": EventType.REJECTED,
    "spam": EventType.COMPLAINED,
    "unsub": EventType.UNSUBSCRIBED,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
}
_ON_ITS_LIST = "preblocked"  # the address bounced before, or called mail spam


class Options(HookOptions):
    """The login in the webhook's address: `https://user:password@news.example.org/hooks/mailjet`."""

    secret: Secrets = Field(description="`user:password`; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    prove_shared(request, options.secret)
    return [_event(one) for one in tables(parsed(request.body))]


def _event(one: dict[str, Any]) -> Event:
    name, hard = text(one.get("event")), one.get("hard_bounce")
    error, reply = text(one.get("error")), text(one.get("smtp_reply")) or text(one.get("comment"))
    mail = text(one.get("MessageID")) or text(one.get("Message_GUID"))
    lasting = hard if isinstance(hard, bool) and name == "bounce" else None
    return event(
        _TYPES.get(name, EventType.OTHER),
        key=key_of(mail, name, one.get("email"), one.get("time"), one.get("url")),
        address=one.get("email"),
        at=moment(one.get("time")),
        remote_id=mail,
        code=smtp_code(reply),
        words=": ".join(part for part in (error, reply) if part),
        lasting=True if error == _ON_ITS_LIST else lasting,
    )
