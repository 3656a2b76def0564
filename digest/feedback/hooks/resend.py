"""Resend: one event per request, signed as Standard Webhooks (Svix) are."""

from __future__ import annotations

from pydantic import Field

from digest.feedback.hooks import ForgedRequest, HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import from_base64, mac, prove_recent, prove_signed
from digest.feedback.hooks._values import event, items, moment, parsed, smtp_code, table, text
from digest.model import Event, EventType

_TYPES = {
    "email.bounced": EventType.BOUNCED,
    "email.complained": EventType.COMPLAINED,
    "email.delivered": EventType.DELIVERED,
    "email.delivery_delayed": EventType.DEFERRED,
    "email.suppressed": EventType.REJECTED,
    "email.failed": EventType.REJECTED,
    "email.opened": EventType.OPENED,
    "email.clicked": EventType.CLICKED,
}
_LASTING = {"permanent": True, "transient": False}


class Options(HookOptions):
    """The signing secret that resend.com/webhooks shows for the webhook."""

    secret: Secrets = Field(description="`whsec_...`; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    id_ = _header(request, "id")
    _prove(request, options, id_)
    said = table(parsed(request.body))
    data = table(said, "data")
    bounce = table(data, "bounce")
    to = items(data.get("to"))
    type_ = _TYPES.get(text(said.get("type")), EventType.OTHER)
    words = text(bounce.get("message")) or text(table(data, "failed").get("reason"))
    diagnoses = [text(one) for one in items(bounce.get("diagnosticCode"))]
    return [
        event(
            type_,
            key=id_,
            address=to[0] if len(to) == 1 else "",  # of several it does not say which
            at=moment(said.get("created_at")),
            remote_id=data.get("email_id"),
            code=smtp_code(*diagnoses),
            words=" ".join([*diagnoses, words]),
            lasting=_LASTING.get(text(bounce.get("type")).lower()),
        )
    ]


def _header(request: HookRequest, name: str) -> str:
    return request.headers.get(f"svix-{name}", request.headers.get(f"webhook-{name}", ""))


def _prove(request: HookRequest, options: Options, id_: str) -> None:
    stamp = _header(request, "timestamp")
    if not id_ or not stamp:
        raise ForgedRequest("no signature")
    prove_recent(stamp, request.now)
    signed = f"{id_}.{stamp}.".encode() + request.body
    keys = [
        from_base64(secret.get_secret_value().strip().removeprefix("whsec_")) for secret in options.secret
    ]
    given = [
        one.removeprefix("v1,") for one in _header(request, "signature").split() if one.startswith("v1,")
    ]
    prove_signed((_decoded(one) for one in given[:10]), [mac(key, signed) for key in keys])


def _decoded(given: str) -> bytes:
    try:
        return from_base64(given)
    except ForgedRequest:
        return b""  # another of the list may be right
