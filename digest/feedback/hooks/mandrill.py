"""Mandrill (Mailchimp Transactional): many events in a form, signed together with the webhook's address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from digest.feedback.hooks import HookOptions, HookRequest, Secrets
from digest.feedback.hooks._proof import from_base64, mac, prove_signed
from digest.feedback.hooks._values import event, form, key_of, moment, parsed, smtp_code, table, tables, text
from digest.model import Event, EventType
from digest.settings.addresses import OptionalWebAddress

_TYPES = {
    "hard_bounce": EventType.BOUNCED,
    "soft_bounce": EventType.BOUNCED,
    "reject": EventType.REJECTED,
    "spam": EventType.COMPLAINED,
    "unsub": EventType.UNSUBSCRIBED,
    "deferral": EventType.DEFERRED,
    "delivered": EventType.DELIVERED,
    "open": EventType.OPENED,
    "click": EventType.CLICKED,
}
_LASTING = {"hard_bounce": True, "soft_bounce": False, "deferral": False}


class Options(HookOptions):
    """The webhook's key, and its address as Mandrill has it."""

    secret: Secrets = Field(description="The webhook's key; a list of two while it is being changed.")
    url: OptionalWebAddress = Field(
        "", description="The webhook's address as Mandrill has it; `site.url` and its path by default."
    )


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what the request reports; raises ForgedRequest, UnreadableRequest."""
    fields = form(request)
    signed = _signed(options.url or request.url, fields)
    right = [mac(secret.get_secret_value().encode(), signed, "sha1") for secret in options.secret]
    prove_signed([from_base64(request.headers.get("x-mandrill-signature", ""))], right)
    said = parsed((fields.get("mandrill_events") or ["[]"])[0])
    return [_event(one) for one in tables(said)]


def _signed(url: str, fields: Mapping[str, Sequence[str]]) -> bytes:
    pairs = (name + value for name in sorted(fields) for value in fields[name])
    return (url + "".join(pairs)).encode("utf-8", "replace")


def _event(one: dict[str, Any]) -> Event:
    name, mail = text(one.get("event")), table(one, "msg")
    id_ = one.get("_id") or mail.get("_id")
    words = text(mail.get("diag")) or text(mail.get("bounce_description")) or text(mail.get("reject"))
    return event(
        _TYPES.get(name, EventType.OTHER),
        key=key_of(id_, name, one.get("ts"), mail.get("email"), one.get("url")),
        address=mail.get("email"),
        at=moment(one.get("ts")),
        remote_id=id_,
        code=smtp_code(words),
        words=words,
        lasting=_LASTING.get(name),
    )
