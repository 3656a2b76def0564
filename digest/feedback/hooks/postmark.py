"""Postmark: one record per request. It signs nothing: its address in Postmark holds the login, as HTTP Basic."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import prove_shared
from digest.feedback.hooks._values import event, key_of, moment, parsed, smtp_code, table, text
from digest.model import Event, EventType

_RECORDS = {
    "Delivery": EventType.DELIVERED,
    "SpamComplaint": EventType.COMPLAINED,
    "Open": EventType.OPENED,
    "Click": EventType.CLICKED,
}
#: Types of bounces that are more, less or other than a bounce: postmarkapp.com/developer/api/bounce-api.
_BOUNCES = {
    "Transient": EventType.DEFERRED,
    "SpamComplaint": EventType.COMPLAINED,
    "Unsubscribe": EventType.UNSUBSCRIBED,
    "Subscribe": EventType.OTHER,
    "AutoResponder": EventType.OTHER,
    "AddressChange": EventType.OTHER,
    "OpenRelayTest": EventType.OTHER,
    "VirusNotification": EventType.REJECTED,
    "ManuallyDeactivated": EventType.REJECTED,
    "TemplateRenderingFailed": EventType.REJECTED,
    "InboundError": EventType.OTHER,
    "ChallengeVerification": EventType.OTHER,
}
_LASTING = {
    "HardBounce": True,
    "BadEmailAddress": True,
    "SoftBounce": False,
    "DnsError": False,
    "Transient": False,
}
_CHANGES = {
    "ManualSuppression": EventType.UNSUBSCRIBED,
    "HardBounce": EventType.BOUNCED,
    "SpamComplaint": EventType.COMPLAINED,
}


class Options(HookOptions):
    """The login in the webhook's address: `https://user:password@news.example.org/hooks/postmark`."""

    secret: Secrets = Field(description="`user:password`; a list of two while it is being changed.")


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    prove_shared(request, options.secret)
    said = table(parsed(request.body))
    record = text(said.get("RecordType"))
    at = next(
        (said[name] for name in ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt") if name in said), ""
    )
    words = " ".join(part for part in (text(said.get("Details")), text(said.get("Description"))) if part)
    address = said.get("Email") or said.get("Recipient")
    return [
        event(
            _type(record, said),
            key=f"{record}/{text(said['ID'])}"
            if said.get("ID")
            else key_of(record, said.get("MessageID"), address, at, said.get("OriginalLink")),
            address=address,
            at=moment(at),
            remote_id=said.get("MessageID"),
            code=smtp_code(said.get("Details")),
            words=words,
            lasting=_LASTING.get(text(said.get("Type") or said.get("SuppressionReason"))),
        )
    ]


def _type(record: str, said: dict[str, Any]) -> EventType:
    if record == "Bounce":
        return _BOUNCES.get(text(said.get("Type")), EventType.BOUNCED)
    if record == "SubscriptionChange":
        reason = text(said.get("SuppressionReason"))
        return (
            _CHANGES.get(reason, EventType.OTHER) if said.get("SuppressSending") is True else EventType.OTHER
        )
    return _RECORDS.get(record, EventType.OTHER)
