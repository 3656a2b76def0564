"""What a reader may choose about a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Frequency(StrEnum):
    """How often a reader wants to hear from a newsletter."""

    EVERY_EDITION = ""
    WEEKLY = "weekly"  # one round-up of what this reader has not had


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """A reader's choices; the defaults are what is sent to a reader who has chosen nothing.

    `sections` are titles, None for all; `hour` is of the day in `timezone` ("": the newsletter's), None for as soon as
    the edition is made. `name`, `language`, `timezone` and `text_only` hold for all of a reader's subscriptions.
    """

    sections: tuple[str, ...] | None = None
    frequency: Frequency = Frequency.EVERY_EDITION
    hour: int | None = None
    paused_until: datetime | None = None
    name: str = ""
    language: str = ""
    timezone: str = ""
    text_only: bool = False
