"""What an answer can be about: plain values, the same for an SMTP reply, an API's answer and a bounce."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Phase(Enum):
    """What was answered."""

    CONNECT = auto()  # the connection or EHLO
    LOGIN = auto()
    MAIL = auto()  # the sender's address: no reader has been named yet
    RCPT = auto()  # a reader's address
    DATA = auto()  # a whole message, or the wish to hand one over
    API = auto()  # a message with its sender and its readers, in one call; the code is not SMTP's
    REPORT = auto()  # nothing directly: a report that came by mail


class About(StrEnum):
    """Whom an answer is about."""

    MAILBOX = "this mailbox"
    MAIL = "this mail"
    US = "us"


class Cause(Enum):
    """Why a mail was not taken; `value` is an explanation for people."""

    NO_SUCH_MAILBOX = "there is no such mailbox"
    MAILBOX_DISABLED = "the mailbox is disabled"
    MAILBOX_FULL = "the mailbox is full"
    MAILBOX_BUSY = "the mailbox takes no mail at the moment"
    MAILBOX_REFUSES = "the mailbox does not take it"
    TOO_LARGE = "the mail is too large"
    CONTENT = "something in the mail is not accepted"
    QUOTA = "a limit for the hour, the day or the month is used up"
    THROTTLE = "we are too fast"
    BUSY = "the server is busy"
    NEW_CONNECTION = "the server wants a new connection"
    LOGIN = "the login is not accepted"
    ACCOUNT = "the account may not send"
    IDENTITY = "the sender's address or name is not accepted"
    POLICY = "our reputation, or what the mail looks like"
    UNCLEAR = "no reason was given"

    @property
    def about(self) -> About | None:
        """Whom it is about; None where only the phase can tell."""
        return _ABOUT.get(self)


_ABOUT = {
    Cause.NO_SUCH_MAILBOX: About.MAILBOX,
    Cause.MAILBOX_DISABLED: About.MAILBOX,
    Cause.MAILBOX_FULL: About.MAILBOX,
    Cause.MAILBOX_BUSY: About.MAILBOX,
    Cause.MAILBOX_REFUSES: About.MAILBOX,
    Cause.TOO_LARGE: About.MAIL,
    Cause.CONTENT: About.MAIL,
    Cause.QUOTA: About.US,
    Cause.THROTTLE: About.US,
    Cause.BUSY: About.US,
    Cause.NEW_CONNECTION: About.US,
    Cause.LOGIN: About.US,
    Cause.ACCOUNT: About.US,
    Cause.IDENTITY: About.US,
    Cause.POLICY: About.US,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an answer says: about whom, why, and for how long."""

    about: About
    cause: Cause
    lasts: bool  # asking again as things are will not help
    hard: bool = False  # the mailbox is dead: nothing will ever reach it
    wait: float | None = None  # seconds to leave the sender alone; None where the answer does not say
    source: str = ""  # where the meaning of such an answer is written down

    @property
    def full(self) -> bool:
        """Whether a mailbox is full, which passes."""
        return self.cause is Cause.MAILBOX_FULL
