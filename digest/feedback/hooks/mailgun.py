"""Mailgun: one event per request. Its signature does not cover the event, so a token is taken once only."""

from __future__ import annotations

from email.utils import getaddresses
from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import mac, prove_recent, prove_signed
from digest.feedback.hooks._values import event, form, moment, parsed, smtp_code, table, text
from digest.model import Event, EventType

_TYPES = {
    "bounced": EventType.BOUNCED,
    "dropped": EventType.REJECTED,
    "rejected": EventType.REJECTED,
    "complained": EventType.COMPLAINED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    "delivered": EventType.DELIVERED,
    "opened": EventType.OPENED,
    "clicked": EventType.CLICKED,
}
_SUPPRESSED = "suppress-"  # how reasons begin that mean Mailgun's own list
_GIVEN_UP = "hardfail"  # the word of old webhooks for a mail that was never tried because of such a list


class Options(HookOptions):
    """The HTTP webhook signing key, which is not the API key."""

    secret: Secrets = Field(description="The signing key; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    if "json" in request.headers.get("content-type", "json").lower():
        said = table(parsed(request.body))
        proof, data = table(said, "signature"), table(said, "event-data")
    else:  # webhooks of old accounts; what a mail's own variables add to the form comes before the proof
        fields = form(request)
        proof = {name: values[-1] for name, values in fields.items()}
        data = _renamed(
            {name: values[0] for name, values in fields.items()} | {"timestamp": proof.get("timestamp")}
        )
    token, stamp = text(proof.get("token")), text(proof.get("timestamp"))
    signed = (stamp + token).encode()
    right = [mac(secret.get_secret_value().encode(), signed).hex().encode() for secret in options.secret]
    prove_signed([text(proof.get("signature")).encode()], right)
    prove_recent(stamp, request.now)
    return [_event(data, token)]


def _event(data: dict[str, Any], token: str) -> Event:
    status = table(data, "delivery-status")
    reason, severity = text(data.get("reason")), text(data.get("severity"))
    headers = table(data, "message", "headers")
    to = [address for _, address in getaddresses([text(headers.get("to"))])]
    words = text(status.get("message")) or text(status.get("description")) or reason
    return event(
        _type(text(data.get("event")), reason, severity),
        key=token,
        address=data.get("recipient") or (to[0] if len(to) == 1 else ""),
        at=moment(data.get("timestamp")),
        message_id=headers.get("message-id"),
        remote_id=headers.get("message-id"),
        code=smtp_code(status.get("code"), words),
        words=words or text(table(data, "reject").get("reason")),
        lasting={"permanent": True, "temporary": False}.get(severity),
    )


def _type(name: str, reason: str, severity: str) -> EventType:
    if name != "failed":
        return _TYPES.get(name, EventType.OTHER)
    if severity == "temporary":
        return EventType.DEFERRED
    return EventType.REJECTED if reason.startswith(_SUPPRESSED) else EventType.BOUNCED


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an old webhook as a new one has them."""
    words = fields.get("error") or fields.get("notification") or fields.get("description")
    return {
        "event": fields.get("event"),
        "recipient": fields.get("recipient"),
        "timestamp": fields.get("timestamp"),
        "reason": fields.get("reason"),
        "severity": "permanent"
        if fields.get("reason") == _GIVEN_UP or fields.get("event") == "bounced"
        else "",
        "message": {"headers": {"message-id": fields.get("Message-Id") or fields.get("message-id")}},
        "delivery-status": {"code": fields.get("code"), "message": words},
    }
