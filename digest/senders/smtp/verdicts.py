"""What a reply means for a message: SMTP's side of `digest.senders.judgement`."""

from __future__ import annotations

import re

from digest.model import Message, Sent
from digest.senders import SendResult
from digest.senders._verdicts import Record, verdict
from digest.senders.judgement import Phase, judge
from digest.senders.smtp.replies import Reply

_QUEUED_AS = re.compile(
    r"(?:queued as|queued\)? ?id|id=|messageid[:=]?)\s*<?([A-Za-z0-9@._-]{4,100})", re.IGNORECASE
)


def refused(phase: Phase, reply: Reply, message: Message, where: str, record: Record) -> SendResult:
    """Judge a refusal of a message's sender, its reader, or all of it."""
    said = str(reply)
    judgement = judge(
        phase, reply.code, " ".join(reply.lines), sender=message.sender, recipient=message.recipient
    )
    return verdict(judgement, phase, said, code=reply.code, where=where, message=message, record=record)


def accepted(reply: Reply) -> Sent:
    """Keep what the server says of the message it took responsibility for, and its queue's name for it."""
    found = _QUEUED_AS.search(reply.lines[-1])
    return Sent(str(reply), remote_id=found[1] if found else "")
