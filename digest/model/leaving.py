"""Why readers leave, as far as they care to say."""

from __future__ import annotations

from enum import StrEnum


class LeavingReason(StrEnum):
    """The answers to the one question that is asked of who has left."""

    TOO_OFTEN = "often"
    NOT_FOR_ME = "content"
    NEVER_ASKED = "never"  # says that they had not signed up
    OTHER = "other"
