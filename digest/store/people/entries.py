"""Readers to add, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AddResult(StrEnum):
    """What became of a reader who was to be added."""

    ADDED = "added"
    KNOWN = "known"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    FORGOTTEN = "forgotten"

    @property
    def words(self) -> str:
        """The same in words that follow the address."""
        return _IN_WORDS[self]


_IN_WORDS = {
    AddResult.ADDED: "added",
    AddResult.KNOWN: "is subscribed already",
    AddResult.UNSUBSCRIBED: "has unsubscribed: only the reader can change that",
    AddResult.SUPPRESSED: "is suppressed: nothing is sent there any more",
    AddResult.FORGOTTEN: "asked to be forgotten: only the reader can change that",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A reader to add: the address for the envelope, its key for comparing, perhaps a name.

    `proof` is what is known of this one's consent, beyond what is known of all that are added together; `since` when it
    was given, where that is known.
    """

    address: str
    key: str
    name: str = ""
    proof: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
