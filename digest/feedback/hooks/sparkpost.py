"""SparkPost: many events per request, proven by HTTP Basic or a token."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import prove_shared
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, table, tables, text
from digest.model import Event, EventType

_TYPES = {
    "bounce": EventType.BOUNCED,
    "out_of_band": EventType.BOUNCED,
    "policy_rejection": EventType.REJECTED,
    "generation_failure": EventType.REJECTED,
    "generation_rejection": EventType.REJECTED,
    "spam_complaint": EventType.COMPLAINED,
    "list_unsubscribe": EventType.UNSUBSCRIBED,
    "link_unsubscribe": EventType.UNSUBSCRIBED,
    "delay": EventType.DEFERRED,
    "delivery": EventType.DELIVERED,
    "open": EventType.OPENED,
    "initial_open": EventType.OPENED,
    "amp_open": EventType.OPENED,
    "amp_initial_open": EventType.OPENED,
    "click": EventType.CLICKED,
    "amp_click": EventType.CLICKED,
}
#: Classes of bounces (support.sparkpost.com, "Bounce classification codes").
_LASTING = {"10": True, "30": True} | dict.fromkeys(
    ("20", "21", "22", "23", "24", "40", "50", "51", "52", "53", "54", "70", "100"), False
)
_NO_BOUNCE = {
    "60": EventType.OTHER,
    "80": EventType.OTHER,
    "90": EventType.UNSUBSCRIBED,
}  # auto-replies, requests


class Options(HookOptions):
    """What the webhook in SparkPost is told to log in with."""

    secret: Secrets = Field(
        description="`user:password`, or a token; a list of two while it is being changed."
    )


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    prove_shared(request, options.secret)
    batch = [table(one, "msys") for one in tables(parsed(request.body))]
    return [_event(table(one)) for msys in batch for one in list(msys.values())[:1]]  # a ping has none


def _event(one: dict[str, Any]) -> Event:
    name, bounce_class = text(one.get("type")), text(one.get("bounce_class"))
    type_ = _TYPES.get(name, EventType.OTHER)
    if type_ is EventType.BOUNCED:
        type_ = _NO_BOUNCE.get(bounce_class, type_)
    words = text(one.get("raw_reason")) or text(one.get("reason"))
    address = one.get("raw_rcpt_to") or one.get("rcpt_to")
    return event(
        type_,
        key=one.get("event_id") or key_of(name, one.get("message_id"), address, one.get("timestamp")),
        address=address,
        at=moment(one.get("timestamp")),
        remote_id=one.get("transmission_id"),
        code=smtp_code(one.get("error_code"), words),
        words=words,
        lasting=_LASTING.get(bounce_class),
    )
