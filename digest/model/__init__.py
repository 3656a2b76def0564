"""The nouns: plain values that every room may hold and none may change.

No I/O and no clock here. Every datetime is aware; texts from outside are already clean (see `digest.text`).
"""

from digest.model.articles import (
    Article,
    Fetched,
    Image,
    SourceInfo,
    Validators,
)
from digest.model.deliveries import (
    Deferred,
    Delivery,
    Message,
    Outcome,
    Recipient,
    Refused,
    Sent,
    State,
    SubscriptionStatus,
    Tally,
    Unknown,
    Unsent,
)
from digest.model.editions import (
    SKIPPED,
    Edition,
    EditionStatus,
    Mail,
)
from digest.model.events import Event, EventType
from digest.model.leaving import LeavingReason
from digest.model.plans import (
    REMEMBERED,
    Candidate,
    Chosen,
    LeftOut,
    Overflow,
    Plan,
    PlannedSection,
)
from digest.model.variants import NO_VARIANTS, Carried, Variant, Variants, Wanted
from digest.model.wishes import Frequency, Wishes

__all__ = [
    "NO_VARIANTS",
    "REMEMBERED",
    "SKIPPED",
    "Article",
    "Candidate",
    "Carried",
    "Chosen",
    "Deferred",
    "Delivery",
    "Edition",
    "EditionStatus",
    "Event",
    "EventType",
    "Fetched",
    "Frequency",
    "Image",
    "LeavingReason",
    "LeftOut",
    "Mail",
    "Message",
    "Outcome",
    "Overflow",
    "Plan",
    "PlannedSection",
    "Recipient",
    "Refused",
    "Sent",
    "SourceInfo",
    "State",
    "SubscriptionStatus",
    "Tally",
    "Unknown",
    "Unsent",
    "Validators",
    "Variant",
    "Variants",
    "Wanted",
    "Wishes",
]
