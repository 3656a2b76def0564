"""What a refusal means for a message: the table from replies to outcomes, and to errors that say who must act.

Codes are RFC 5321's, enhanced codes RFC 3463's. What concerns the policy of the receiving side (5.7.x, 530, 535) is
not the reader's fault: most likely it would refuse the next reader just the same, and a person must mend it. Where one
recipient or one message was refused so, the others tell: it may be that reader's own server that does not want us.
"""

from __future__ import annotations

import re

from digest.errors import SenderBroken, SenderBusy, SenderDenied
from digest.model import Deferred, Refused, Sent, Unsent
from digest.senders import Verdict
from digest.senders.smtp.replies import Reply

_TOO_MANY = (4, 5, 3)  # recipients; we have one in each transaction, so it counts those of the connection
_TOO_BIG = {(5, 2, 3), (5, 3, 4)}
_NOT_TAKEN_HERE = {(5, 6, 7)}  # an address that is not ASCII
_NO_SUCH_READER = {(5, 1, 1), (5, 1, 2), (5, 1, 3), (5, 1, 6), (5, 1, 10), (5, 7, 13)}
_HARD_CODES = {551, 553}  # without an enhanced code: not here, not a name of a mailbox
_HARD_WORDS = re.compile(
    r"user unknown|unknown (?:user|recipient|mailbox)|no such (?:user|recipient|mailbox|address)"
    r"|(?:user|recipient|mailbox|address) (?:not found|does not exist|doesn.t exist|unknown)"
    r"|invalid (?:recipient|mailbox)",
    re.IGNORECASE,
)
_POLICY_WORDS = re.compile(
    r"\b(?:spam|blocked|block ?list|blacklist|policy|reputation|spf|dkim|dmarc|relay(?:ing)?|authentication)\b",
    re.IGNORECASE,
)
_QUEUED_AS = re.compile(
    r"(?:queued as|queued\)? ?id|id=|messageid[:=]?)\s*<?([A-Za-z0-9@._-]{4,100})", re.IGNORECASE
)


def on_sender(reply: Reply, where: str) -> Verdict:
    """Judge a refused MAIL: it names nobody yet, so it is about us, unless the message itself is too much."""
    if reply.code < 500:
        return SenderBusy(f"{where} does not take mail now: {reply}")
    if reply.enhanced in _TOO_BIG | _NOT_TAKEN_HERE or (reply.code == 552 and reply.enhanced is None):
        return Refused(str(reply), reply.code)
    return SenderBroken(f"{where} does not let us send: {reply}")


def on_recipient(reply: Reply, where: str) -> Verdict:
    """Judge a refused RCPT, DATA or message."""
    if reply.enhanced == _TOO_MANY:
        return Unsent(f"{where} wants a new connection: {reply}")
    if reply.code < 500:
        return Deferred(str(reply), reply.code)
    if reply.code in (530, 535):
        return SenderBroken(f"{where} does not let us send: {reply}")
    if _is_policy(reply):
        return SenderDenied(f"{where} refuses mail from us: {reply}", reply=str(reply), code=reply.code)
    return Refused(str(reply), reply.code, hard=_is_hard(reply))


def accepted(reply: Reply) -> Sent:
    """Keep what the server says of the message it took responsibility for, and its queue's name for it."""
    found = _QUEUED_AS.search(reply.lines[-1])
    return Sent(str(reply), remote_id=found[1] if found else "")


def _is_policy(reply: Reply) -> bool:
    if reply.enhanced in _NO_SUCH_READER:
        return False
    if reply.enhanced:
        return reply.enhanced[1] == 7
    return not _HARD_WORDS.search(str(reply)) and bool(_POLICY_WORDS.search(str(reply)))


def _is_hard(reply: Reply) -> bool:
    if reply.enhanced:
        return reply.enhanced in _NO_SUCH_READER
    return reply.code in _HARD_CODES or bool(_HARD_WORDS.search(str(reply)))
