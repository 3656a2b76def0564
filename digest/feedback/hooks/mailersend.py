"""MailerSend: one event per request, its body signed with the webhook's secret."""

from __future__ import annotations

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import mac, prove_signed
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, table, text
from digest.model import Event, EventType

_TYPES = {
    "hard_bounced": EventType.BOUNCED,
    "soft_bounced": EventType.BOUNCED,
    "spam_complaint": EventType.COMPLAINED,
    "unsubscribed": EventType.UNSUBSCRIBED,
    "deferred": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "opened": EventType.OPENED,
    "opened_unique": EventType.OPENED,
    "clicked": EventType.CLICKED,
    "clicked_unique": EventType.CLICKED,
}
_LASTING = {"hard_bounced": True, "soft_bounced": False, "deferred": False}


class Options(HookOptions):
    """The webhook's signing secret."""

    secret: Secrets = Field(description="The signing secret; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    right = [
        mac(secret.get_secret_value().encode(), request.body).hex().encode() for secret in options.secret
    ]
    prove_signed([request.headers.get("signature", "").encode()], right)
    data = table(parsed(request.body), "data")
    name, morph = text(data.get("type")), table(data, "morph")
    mail = table(data, "email", "message").get("id")
    words = text(morph.get("reason")) or text(morph.get("readable_reason"))
    address = table(data, "email", "recipient").get("email") or table(morph, "recipient").get("email")
    return [
        event(
            _TYPES.get(name, EventType.OTHER),
            key=data.get("id") or key_of(name, mail, address, data.get("created_at")),
            address=address,
            at=moment(data.get("created_at")),
            remote_id=mail,
            code=smtp_code(words),
            words=words,
            lasting=_LASTING.get(name),
        )
    ]
