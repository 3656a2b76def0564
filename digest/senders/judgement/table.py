"""The table: which answers mean what, and where that is written down. The first row that fits decides.

The order is the argument. What is surely about us stands before words about a mailbox ("mailbox unavailable, your IP
address is black listed"), clear words about a mailbox before those that any filter may add ("user unknown; protected
from spam by ..."), words before codes, and single codes before those of a whole class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from digest.senders.judgement import ours, theirs
from digest.senders.judgement.patterns import Words, words
from digest.senders.judgement.reading import BLOCK_LISTS, Enhanced
from digest.senders.judgement.values import Cause, Phase

_RFC = "RFC 3463, RFC 5248"
_RFC_5321 = "RFC 5321, 4.2.3"
_EXIM, _POSTFIX = "Exim's specification and its default configuration", "Postfix's manual"
_GOOGLE, _MICROSOFT, _AMAZON = "Google's SMTP errors", "Microsoft's NDR codes", "Amazon's SES SMTP errors"
_SEEN = "bounces and replies of many servers"
_FIELD = "the field that an API names"

_ANY = frozenset(Phase)
_API = frozenset({Phase.API})
#: A reader has been named, so that an answer can be about him; and not yet.
_READER = frozenset({Phase.RCPT, Phase.DATA, Phase.API, Phase.REPORT})
_OURS = _ANY - _READER
_SMTP_READER = _READER - _API
_REPORT = frozenset({Phase.REPORT})


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of answer; of what a row names, all has to fit. The code (7,) stands for every X.7.x."""

    cause: Cause
    source: str
    words: Words | None = None
    unless: Words | None = None  # words with which it is something else
    codes: frozenset[tuple[int, ...]] = frozenset()  # subject and detail of the enhanced code
    replies: frozenset[int] = frozenset()  # SMTP's three digits
    phases: frozenset[Phase] = _ANY
    hard: bool = False

    def fits(self, phase: Phase, code: int, enhanced: Enhanced | None, text: str) -> bool:
        return (
            phase in self.phases
            and (not self.replies or code in self.replies)
            and (
                not self.codes or (enhanced is not None and bool({enhanced[1:], enhanced[1:2]} & self.codes))
            )
            and (self.words is None or bool(self.words.search(text)))
            and (self.unless is None or not self.unless.search(text))
        )


def _x(*codes: str) -> frozenset[tuple[int, ...]]:
    """Read codes such as "5.1.1" (whatever their class) or "5.7", which is every 5.7.x."""
    return frozenset(tuple(map(int, code.split(".")[1:])) for code in codes)


def _replies(*codes: int) -> frozenset[int]:
    return frozenset(codes)


#: SPF, DKIM, DMARC, PTR and TLS of our mails.
_AUTHENTICATION = ("5.7.15", *(f"5.7.{number}" for number in (*range(20, 41), 509, 515)))

_COUNTED = (
    Row(Cause.MAILBOX_BUSY, _SEEN, theirs.GREYLISTED, phases=_READER),
    Row(Cause.MAILBOX_BUSY, _GOOGLE, theirs.RECEIVING, unless=ours.LISTED, phases=_READER),
    Row(Cause.QUOTA, _GOOGLE, ours.QUOTA, unless=ours.NO_QUOTA_OF_OURS),
    Row(Cause.QUOTA, _GOOGLE, codes=_x("5.4.5"), replies=_replies(550, 552, 554)),
    Row(Cause.QUOTA, _MICROSOFT, codes=_x("5.1.90", "5.7.705")),
    Row(Cause.QUOTA, _SEEN, ours.ANY_QUOTA, phases=_OURS | _API),
    Row(Cause.NEW_CONNECTION, _RFC_5321, ours.NEW_CONNECTION),
)

_SURELY_US = (
    Row(Cause.NO_SUCH_MAILBOX, "HCL Domino", theirs.NOT_IN_DIRECTORY, phases=_REPORT, hard=True),
    Row(Cause.MAILBOX_REFUSES, _SEEN, theirs.LOCAL_TROUBLE, phases=_REPORT),
    Row(Cause.MAILBOX_DISABLED, "RFC 4954, 6", codes=_x("5.7.13"), replies=_replies(525), phases=_REPORT),
    Row(
        Cause.THROTTLE,
        _AMAZON,
        ours.THROTTLE,
        unless=words(r"\bspam|unwanted|unsolicited|complaint|reputation|black"),
    ),
    Row(Cause.POLICY, _SEEN, ours.LISTED),
    Row(Cause.ACCOUNT, _AMAZON, ours.SUSPENDED, unless=ours.OF_A_READER),
    Row(Cause.ACCOUNT, _AMAZON, ours.SUSPENDED_ACCOUNT, unless=theirs.TO_FIELD, phases=_OURS | _API),
    Row(Cause.ACCOUNT, _RFC, codes=_x("5.7.13"), phases=_OURS),
    Row(Cause.BUSY, _RFC_5321, replies=_replies(421)),
    Row(Cause.LOGIN, "RFC 4954", replies=_replies(530, 534, 535, 538)),
    Row(Cause.LOGIN, "RFC 4954", phases=frozenset({Phase.LOGIN})),
    Row(Cause.IDENTITY, _MICROSOFT, codes=_x("5.2.252")),
    Row(Cause.IDENTITY, _RFC, codes=_x("5.1.7", "5.1.8")),
    Row(Cause.MAILBOX_REFUSES, _FIELD, theirs.TO_FIELD, unless=theirs.NOT_TO_FIELD, phases=_API),
    Row(Cause.IDENTITY, _FIELD, theirs.FROM_FIELD, phases=_API),
    Row(Cause.IDENTITY, f"{_POSTFIX}, {_EXIM}", ours.IDENTITY, unless=ours.NOT_IDENTITY),
    Row(Cause.IDENTITY, _EXIM, ours.OUR_ADDRESS, unless=ours.NOT_OUR_ADDRESS, phases=frozenset({Phase.RCPT})),
)

_MAIL_OR_MAILBOX = (
    Row(Cause.MAILBOX_REFUSES, _MICROSOFT, theirs.MAILBOX_SIZE, codes=_x("5.2.3"), phases=_SMTP_READER),
    Row(Cause.TOO_LARGE, "RFC 9110, 15.5.14", replies=_replies(413), phases=_API),
    Row(Cause.TOO_LARGE, "RFC 1870", theirs.THIS_LARGE),
    Row(Cause.TOO_LARGE, "RFC 1870", theirs.TOO_LARGE, unless=theirs.NOT_TOO_LARGE),
    Row(Cause.MAILBOX_FULL, _SEEN, theirs.FULL, phases=_SMTP_READER),
    Row(Cause.NO_SUCH_MAILBOX, _MICROSOFT, theirs.NO_SUCH_HERE, codes=_x("5.4.1"), phases=_REPORT, hard=True),
    Row(Cause.NO_SUCH_MAILBOX, _RFC, theirs.REJECTED_ADDRESS, codes=_x("5.1.0"), phases=_REPORT, hard=True),
    Row(
        Cause.NO_SUCH_MAILBOX, _SEEN, theirs.NO_SUCH_HOST, unless=theirs.OF_ANOTHER, phases=_REPORT, hard=True
    ),
    Row(Cause.MAILBOX_REFUSES, "KDDI's servers", theirs.FILTERED_AS_UNKNOWN, phases=_READER),
    Row(Cause.NO_SUCH_MAILBOX, _SEEN, theirs.NO_SUCH_MAILBOX, codes=_x("5.4", "5.6", "5.7"), phases=_READER),
    Row(Cause.NO_SUCH_MAILBOX, _SEEN, theirs.NO_SUCH_MAILBOX, phases=_READER, hard=True),
    Row(Cause.NO_SUCH_MAILBOX, "RFC 7293", codes=_x("5.7.17", "5.7.18"), phases=_READER, hard=True),
    Row(Cause.MAILBOX_DISABLED, _RFC, codes=_x("5.7.13"), phases=_READER, hard=True),
    Row(Cause.MAILBOX_DISABLED, _GOOGLE, theirs.DISABLED, phases=_READER),
    Row(
        Cause.MAILBOX_REFUSES,
        _SEEN,
        theirs.PREFERENCES,
        unless=words(r"\bspam|relay|d(?:kim|marc)|\bspf"),
        phases=_READER,
    ),
    Row(
        Cause.NO_SUCH_MAILBOX,
        _RFC,
        unless=words(ours.FILTERED.pattern, theirs.PREFERENCES.pattern, BLOCK_LISTS.pattern),
        codes=_x("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"),
        phases=_READER,
        hard=True,
    ),
    Row(Cause.MAILBOX_REFUSES, _SEEN, theirs.REJECTED_ADDRESS, unless=ours.FILTERED, phases=_READER),
)

_FILTERS = (
    Row(Cause.POLICY, "Google's and Microsoft's rules for senders", codes=_x(*_AUTHENTICATION)),
    Row(Cause.LOGIN, _EXIM, ours.LOGIN, phases=_OURS),
    Row(Cause.IDENTITY, _EXIM, ours.LOGIN, unless=words(r"\bspf|dkim|dmarc|resolver\.rst")),
    Row(Cause.BUSY, _RFC_5321, ours.BUSY),
    Row(Cause.POLICY, _RFC, codes=_x("5.7")),
    Row(Cause.CONTENT, _RFC, theirs.CONTENT, unless=words(r"\bspam|\bviru")),
    Row(Cause.POLICY, _SEEN, BLOCK_LISTS),
    Row(Cause.POLICY, _SEEN, ours.FILTERED),
    Row(Cause.MAILBOX_REFUSES, _EXIM, theirs.NO_ROUTE, phases=_READER),
    Row(Cause.POLICY, _EXIM, ours.UNWELCOME),
)

_CODES_ALONE = (
    Row(Cause.MAILBOX_DISABLED, _RFC, codes=_x("5.2.1"), phases=_READER),
    Row(Cause.MAILBOX_FULL, _RFC, codes=_x("5.2.2"), phases=_READER),
    Row(Cause.TOO_LARGE, _RFC, codes=_x("5.2.3", "5.3.4")),
    Row(Cause.BUSY, _RFC, codes=_x("5.3.1", "5.3.2", "5.4.5")),
    Row(Cause.NEW_CONNECTION, _RFC, codes=_x("5.5.3")),
    Row(Cause.CONTENT, _RFC, codes=_x("5.6", "5.3.3")),
    Row(Cause.MAILBOX_REFUSES, _RFC, codes=_x("5.1", "5.2", "5.4"), phases=_READER),
    Row(Cause.MAILBOX_FULL, _RFC_5321, replies=_replies(452, 552), phases=frozenset({Phase.RCPT})),
    Row(Cause.TOO_LARGE, "RFC 1870", replies=_replies(552)),
    Row(Cause.NO_SUCH_MAILBOX, _RFC_5321, replies=_replies(551, 553), phases=_READER, hard=True),
)

TABLE: tuple[Row, ...] = (*_COUNTED, *_SURELY_US, *_MAIL_OR_MAILBOX, *_FILTERS, *_CODES_ALONE)


def find(
    phase: Phase, code: int, enhanced: Enhanced | None, text: str, *, rows: Iterable[Row] = TABLE
) -> Row | None:
    """Return the first row that fits an answer."""
    return next((row for row in rows if row.fits(phase, code, enhanced, text)), None)
