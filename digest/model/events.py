"""What comes back about a mail: from a provider's webhook, a bounce mail, or a reply while it was handed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What an event says, in one word for all providers."""

    BOUNCED = "bounced"  # it was taken, and could not be delivered
    COMPLAINED = "complained"  # the reader called it spam
    UNSUBSCRIBED = "unsubscribed"  # the reader left through the provider's link or list
    DEFERRED = "deferred"  # still being tried
    DELIVERED = "delivered"
    REJECTED = "rejected"  # the provider did not even try: its own list of bad addresses, a virus, its policy
    OPENED = "opened"
    CLICKED = "clicked"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One report about one mail to one address, as far as the report says it.

    `key` tells a repeated report from a new one; it is unique with the sender that reports. `lasting` is the reporter's
    own word on whether the failure is permanent, None where it has none. `returned` says that the report brought our
    mail back, or its head: only who had the mail can do that.
    """

    key: str
    type: EventType
    address: str = ""  # as the report spells it
    at: datetime | None = None
    message_id: str = ""  # of our mail, without brackets
    remote_id: str = ""  # what the provider called our mail when it took it
    subscription_id: int | None = None  # from a return address that only we can have made
    code: int = 0  # SMTP's, 0 where there is none
    text: str = ""  # the other side's words
    lasting: bool | None = None
    returned: bool = False
