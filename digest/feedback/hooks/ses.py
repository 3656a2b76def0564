"""Amazon SES by way of SNS: notifications and published events, one message per request, signed by Amazon.

A topic that the configuration names is confirmed by itself; a message of any other topic is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from digest.feedback.hooks import ForgedRequest, HookOptions, HookRequest, NeedsPage, UnreadableRequest
from digest.feedback.hooks._sns import amazon_url, prove
from digest.feedback.hooks._values import event, items, moment, parsed, smtp_code, table, text
from digest.model import Event, EventType

_TYPES = {
    "Bounce": EventType.BOUNCED,
    "Complaint": EventType.COMPLAINED,
    "Delivery": EventType.DELIVERED,
    "DeliveryDelay": EventType.DEFERRED,
    "Reject": EventType.REJECTED,
    "Rendering Failure": EventType.REJECTED,
    "Subscription": EventType.UNSUBSCRIBED,
    "Open": EventType.OPENED,
    "Click": EventType.CLICKED,
}
_RECIPIENTS = {
    "Bounce": "bouncedRecipients",
    "Complaint": "complainedRecipients",
    "DeliveryDelay": "delayedRecipients",
}
_DETAILS = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}
_LASTING = {"Permanent": True, "Transient": False}
_NOT_SPAM = "not-spam"  # a reader took a mail out of the junk folder


class Options(HookOptions):
    """The topics that SES reports to; their subscriptions are of the protocol HTTPS, raw delivery off."""

    topics: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$")], ...] = (
        Field(
            min_length=1,
            max_length=20,
            description="Their ARNs: `arn:aws:sns:eu-west-1:123456789012:bounces`.",
        )
    )


def events(request: HookRequest, options: Options) -> list[Event]:
    """Return what a message reports; raises ForgedRequest, UnreadableRequest, NeedsPage."""
    said = table(parsed(request.body))
    if said.get("TopicArn") not in options.topics:
        raise ForgedRequest("a topic that `topics` does not name")
    prove(request, said)
    match said.get("Type"):
        case "Notification":
            return list(_reported(said))
        case "SubscriptionConfirmation":
            url = amazon_url(said.get("SubscribeURL"))
            if url not in request.pages:
                raise NeedsPage(url, keep=False)
    return []


def _reported(said: dict[str, Any]) -> Iterator[Event]:
    try:
        message = table(parsed(text(said.get("Message"), 1_000_000)))
    except UnreadableRequest:
        return  # "Successfully validated SNS topic for Amazon SES event publishing."
    name = text(message.get("eventType")) or text(message.get("notificationType"))
    details = table(message, _DETAILS.get(name, name.lower()))
    mail = table(message, "mail")
    for index, (address, diagnosis) in enumerate(_recipients(name, details, mail)):
        words = diagnosis or text(details.get("reason")) or text(details.get("errorMessage"))
        yield event(
            _type(name, details),
            key=f"{text(said.get('MessageId'))}/{index}" if index else said.get("MessageId"),
            address=address,
            at=moment(details.get("timestamp")) or moment(said.get("Timestamp")),
            message_id=_our_id(mail),
            remote_id=mail.get("messageId"),
            code=smtp_code(diagnosis),
            words=words or text(details.get("bounceSubType")) or text(details.get("complaintFeedbackType")),
            lasting=_LASTING.get(text(details.get("bounceType"))),
        )


def _type(name: str, details: dict[str, Any]) -> EventType:
    if name == "Complaint" and details.get("complaintFeedbackType") == _NOT_SPAM:
        return EventType.OTHER
    if name == "Subscription":
        left = table(details, "newTopicPreferences")
        out = left.get("unsubscribeAll") is True or any(
            table(one).get("subscriptionStatus") == "OptOut"
            for one in items(left.get("topicSubscriptionStatus"))
        )
        return EventType.UNSUBSCRIBED if out else EventType.OTHER
    return _TYPES.get(name, EventType.OTHER)


def _recipients(name: str, details: dict[str, Any], mail: dict[str, Any]) -> list[tuple[object, str]]:
    """Return whom it is about, each with what his server said."""
    listed = items(details.get(_RECIPIENTS.get(name, "recipients")))
    found: list[tuple[object, str]] = []
    for one in listed:
        if isinstance(one, str):
            found.append((one, text(details.get("smtpResponse"))))
        elif isinstance(one, dict):
            found.append((one.get("emailAddress"), text(one.get("diagnosticCode"))))
    if found:
        return found
    sent_to = items(mail.get("destination"))
    return [(sent_to[0] if len(sent_to) == 1 else "", "")]


def _our_id(mail: dict[str, Any]) -> object:
    for one in items(mail.get("headers")):
        if text(table(one).get("name")).lower() == "message-id":
            return table(one).get("value")
    return ""
