"""The nouns: plain values that every room may hold and none may change.

No I/O and no clock here. Every datetime is aware; texts from outside are already clean (see `digest.text`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

# --- articles: what sources bring in ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of an article: plain texts, absolute URL, width and height in CSS pixels where known."""

    url: str
    alt: str = ""
    credit: str = ""
    caption: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One story as its source tells it: plain texts (no markup, entities resolved), absolute URLs, UTC times."""

    guid: str
    url: str
    title: str
    dek: str = ""
    byline: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    image: Image | None = None
    body: str = ""  # clean HTML (see digest.text.clean_html), "" where the source gives none
    language: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What a source says of itself."""

    title: str = ""
    url: str = ""
    language: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "changed since?" with: opaque texts, sent back as they came (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one visit to a source brought: its articles, or `not_modified`, and what was odd about it, in words."""

    info: SourceInfo = SourceInfo()
    articles: tuple[Article, ...] = ()
    problems: tuple[str, ...] = ()
    validators: Validators = Validators()
    not_modified: bool = False
    moved_to: str = ""  # the target of a permanent redirect
    fresh_for: float | None = None  # seconds for which the server asks not to be asked again


# --- selection: what an editor decides --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored article that an edition may take, with what the store knows about it."""

    id: int
    source: str  # the source's key in the configuration
    source_title: str
    article: Article
    url_key: str  # digest.text.url_key(article.url): equal for the same page
    first_seen: datetime
    last_changed: datetime
    first_contact: bool = False  # it came with the very first visit to its source
    held: str = ""  # why the store holds it back ("" if it does not)
    gone: bool = False  # its source no longer lists it although it lists older ones
    mailed_at: datetime | None = None  # an earlier edition of this newsletter carried it


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An article in an edition: its rank from 1, its place in words, and who else carried the same story."""

    candidate: Candidate
    rank: int
    why: str
    also_in: tuple[str, ...] = ()
    updated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An article that was considered and not taken, and why; `settled` ones are not considered again."""

    candidate: Candidate
    why: str
    settled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSection:
    title: str
    articles: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one edition will carry and what not, each with its reason; the first article of all is the lead."""

    newsletter: str
    slot: str
    due: datetime  # the slot as a moment, UTC
    sections: tuple[PlannedSection, ...]
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[str, ...] = ()
    skip: str = ""  # why no mail goes out ("" if one does)

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(chosen for section in self.sections for chosen in section.articles)


# --- editions: what is sent -------------------------------------------------------------------------------


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
        return self in (EditionStatus.SKIPPED_EMPTY, EditionStatus.SKIPPED_LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as set for all its readers: where a reader's own value goes, the texts hold a mark (see `digest.marks`)."""

    subject: str
    preheader: str
    html: str
    text: str
    web: str = (
        ""  # the whole edition as a page, where the HTML had to leave stories to the web ("" if it had not)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An edition as the store keeps it."""

    id: int
    name: str  # what people call it: "daily-2026-10-25T0230"
    newsletter: str
    slot: str  # local wall time, "2026-10-25T02:30"
    status: EditionStatus
    reason: str  # why it is in this state, in words ("" if that needs none)
    opened_at: datetime
    deadline: datetime | None
    mail: Mail | None  # None for a skipped one


# --- deliveries: who gets it --------------------------------------------------------------------------------


class SubscriptionStatus(StrEnum):
    """The life of a subscription; only confirmed ones are mailed."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


class State(StrEnum):
    """The states of one delivery, in the order of its life; from `sending` on the mail may have left."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one reader, ready to hand over: the exact bytes (CRLF, lines of at most 998 octets, RFC 5322).

    `id` (Message-ID without brackets) and `key` (idempotency key) are the same on every attempt. A `wire_safe`
    message is known to have plain ASCII addresses, and bytes that are ASCII without a bare CR or LF and without a "."
    at the start of a line, so that senders need not look.
    """

    id: str
    key: str
    sender: str  # envelope, RFC 5321 MAIL FROM
    recipient: str  # envelope, ASCII unless SMTPUTF8 is needed
    data: bytes
    wire_safe: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side took responsibility for the message."""

    reply: str = ""
    remote_id: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: try this message again, not before `retry_after` seconds if that is given."""

    reply: str
    code: int = 0
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: this reader cannot be reached this way. `hard` says that the address itself is the cause."""

    reply: str
    code: int = 0
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been taken: the reply was lost after the last byte had left."""

    reply: str


@dataclass(frozen=True, slots=True)
class Unsent:
    """Certainly not taken, and not the reader's fault: the connection was lost before the last byte."""

    reply: str


Outcome: TypeAlias = Sent | Deferred | Refused | Unknown | Unsent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What a personal copy needs to know of its reader."""

    reader_id: int
    subscription_id: int
    address: str  # where it goes: ASCII domain
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A row of the ledger, claimed: `fence` must still be the row's own when its result is written."""

    id: int
    edition_id: int
    recipient: Recipient
    attempts: int  # the number of this attempt; those that said nothing about this reader do not count
    fence: int  # how often it was claimed
    doubted: bool = False  # an earlier attempt may have reached the reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many deliveries of an edition are in each state."""

    counts: Mapping[State, int] = field(default_factory=dict)
    doubted: int = 0  # of all: those whose reader may have had the mail from an attempt that gave no answer

    def __getitem__(self, state: State) -> int:
        return self.counts.get(state, 0)

    @property
    def recipients(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        """Deliveries that still have something to come."""
        return sum(self[state] for state in (State.QUEUED, State.CLAIMED, State.SENDING, State.DEFERRED))
