"""Brevo: one event per request, or many where batches are on; proven by a bearer token, a login, or a header."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import prove_shared
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, tables, text
from digest.model import Event, EventType

_TYPES = {
    "hard_bounce": EventType.BOUNCED,
    "soft_bounce": EventType.BOUNCED,
    "invalid_email": EventType.BOUNCED,
    "blocked": EventType.REJECTED,
    "error": EventType.REJECTED,
    "spam": EventType.COMPLAINED,
    "complaint": EventType.COMPLAINED,
    "unsubscribe": EventType.UNSUBSCRIBED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    "deferred": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "opened": EventType.OPENED,
    "unique_opened": EventType.OPENED,
    "proxy_open": EventType.OPENED,
    "unique_proxy_open": EventType.OPENED,
    "click": EventType.CLICKED,
}
_LASTING = {"hard_bounce": True, "invalid_email": True, "soft_bounce": False, "deferred": False}


class Options(HookOptions):
    """What the webhook's security settings in Brevo hold."""

    secret: Secrets = Field(
        description="`user:password`, a token, or the value of `header`; a list of two while it is being changed."
    )
    header: str = Field(
        "", description="The header that carries it, where it is neither a login nor a token."
    )


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    prove_shared(request, options.secret, header=options.header)
    return [_event(one) for one in tables(parsed(request.body))]


def _event(one: dict[str, Any]) -> Event:
    name, mail = text(one.get("event")), one.get("message-id")
    at = one.get("ts_epoch") or one.get("ts_event")  # its other times are in the account's time zone
    return event(
        _TYPES.get(name, EventType.OTHER),
        key=key_of(mail, name, one.get("email"), at or one.get("date"), one.get("link")),
        address=one.get("email"),
        at=moment(at),
        message_id=mail,
        remote_id=mail,
        code=smtp_code(one.get("reason")),
        words=one.get("reason"),
        lasting=_LASTING.get(name),
    )
