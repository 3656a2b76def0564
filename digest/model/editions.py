"""Editions and their mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EditionStatus(StrEnum):
    """The life of an edition; the first two are open, the others are final until a person acts."""

    SENDING = "sending"
    PAUSED = "held"
    SENT = "sent"
    CANCELLED = "cancelled"
    SKIPPED_EMPTY = "skipped-empty"
    SKIPPED_LATE = "skipped-late"

    @property
    def skipped(self) -> bool:
        """Whether no mail was made for the slot."""
        return self in SKIPPED


#: No mail was made for the slot.
SKIPPED = (EditionStatus.SKIPPED_EMPTY, EditionStatus.SKIPPED_LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as set for all its readers: a reader's own values have placeholders (`digest.model.placeholders`)."""

    subject: str
    preheader: str
    html: str
    text: str
    #: The whole edition as a page, where the HTML had to leave stories to the web ("" if it had not).
    web: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An edition as the store keeps it."""

    id: int
    name: str  # what people call it: "daily-2026-10-25T0230"
    newsletter: str
    slot: str  # local wall time, "2026-10-25T02:30"
    status: EditionStatus
    reason: str  # why it is in this state, in words ("" if that needs none)
    due: datetime  # the slot as a moment
    opened_at: datetime
    deadline: datetime | None
    mail: Mail | None  # None for a skipped one
    problems: tuple[str, ...] = ()  # what was odd when it was made, for an editor
    remade_as: str = ""  # the name of the edition that was made in its place
    #: The mails of readers with choices, by number, where they were asked for (`store.editions.with_variants`).
    variants: Mapping[int, Mail] = field(default_factory=dict)

    @property
    def fault(self) -> str:
        """What went wrong that no mail was made; "" where one was, or where there was nothing to tell."""
        return self.reason if self.status.skipped and self.reason in self.problems else ""
