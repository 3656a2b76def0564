"""SendGrid (Twilio): many events per request, signed with a key of its own (ECDSA) that its settings show."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pydantic import AfterValidator, BeforeValidator, Field

from digest.feedback.hooks import MAX_SECRETS, ForgedRequest, HookOptions, HookRequest
from digest.feedback.hooks._proof import from_base64, prove_recent
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, tables, text
from digest.model import Event, EventType

_TYPES = {
    "bounce": EventType.BOUNCED,
    "dropped": EventType.REJECTED,
    "deferred": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "spamreport": EventType.COMPLAINED,
    "unsubscribe": EventType.UNSUBSCRIBED,
    "group_unsubscribe": EventType.UNSUBSCRIBED,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
}
#: Why it drops a mail without a try: its own list has the address.
_LISTED = frozenset({"bounced address", "invalid", "spam reporting address", "unsubscribed address"})


def _a_key(value: str) -> str:
    try:
        key = load_der_public_key(b64decode(value.strip()))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("is no verification key: copy it from SendGrid's settings of the event webhook")
    return value.strip()


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Options(HookOptions):
    """The verification key that SendGrid shows once "Signed Event Webhook" is on."""

    public_key: Annotated[
        tuple[Annotated[str, AfterValidator(_a_key)], ...],
        BeforeValidator(_several),
        Field(min_length=1, max_length=MAX_SECRETS),
    ] = Field(description="`MFkwEwYH...`; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    _prove(request, options)
    return [_event(one) for one in tables(parsed(request.body))]


def _prove(request: HookRequest, options: Options) -> None:
    stamp = request.headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = from_base64(request.headers.get("x-twilio-email-event-webhook-signature", ""))
    prove_recent(stamp, request.now)
    for value in options.public_key:
        key = load_der_public_key(b64decode(value))
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, stamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
                return
        except InvalidSignature:
            continue
    raise ForgedRequest("no signature, or not by our key")


def _event(one: dict[str, Any]) -> Event:
    name, reason = text(one.get("event")), text(one.get("reason"))
    blocked = (
        one.get("type") == "blocked"
    )  # the server would not have this mail; the address is not on the list
    listed = name == "dropped" and reason.strip().lower() in _LISTED
    words = reason or text(one.get("response"))
    mail = text(one.get("sg_message_id"))
    return event(
        _TYPES.get(name, EventType.OTHER),
        # One id was seen for different events of a mail.
        key=key_of(one.get("sg_event_id") or mail, name, one.get("email"), one.get("timestamp")),
        address=one.get("email"),
        at=moment(one.get("timestamp")),
        message_id=one.get("smtp-id"),
        remote_id=mail.partition(".")[0],
        code=smtp_code(words),
        words=words if text(one.get("status")) in words else f"{words} ({text(one.get('status'))})",
        lasting=True if listed else (False if blocked else None if name != "bounce" else True),
    )
