"""Recipients, their messages, and the outcomes of sending."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias


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

    They come in `pieces`, most of which all readers' copies share, so that a sender can write them without copying.
    `id` (Message-ID without brackets) and `key` (idempotency key) are the same on every attempt. A `wire_safe`
    message is known to have plain ASCII addresses, and bytes that are ASCII without a bare CR or LF and without a "."
    at the start of a line, so that senders need not look.
    """

    id: str
    key: str
    sender: str  # envelope, RFC 5321 MAIL FROM
    recipient: str  # envelope, ASCII unless SMTPUTF8 is needed
    pieces: tuple[bytes, ...]
    wire_safe: bool = False

    @property
    def data(self) -> bytes:
        """The message as one string of bytes."""
        return b"".join(self.pieces)

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return sum(map(len, self.pieces))


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
    """Certainly not taken, and not the reader's fault: the connection was lost before the last byte.

    It may be tried again `retry_after` seconds from now, where that is known; 0 as soon as a sender is open.
    """

    reply: str
    retry_after: float | None = None


Outcome: TypeAlias = Sent | Deferred | Refused | Unknown | Unsent


class Recipient(NamedTuple):  # a tuple, as Delivery: two are made for every mail
    """What a personal copy needs to know of its reader."""

    reader_id: int
    subscription_id: int
    address: str  # where it goes: ASCII domain
    name: str = ""
    text_only: bool = False
    variant: int | None = None  # which of the edition's mails; None for its own


class Delivery(NamedTuple):
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
