"""Judge an answer: is it about this mailbox, this mail, or us; does it last; and how long to wait. Pure.

The same table serves an SMTP reply, an API's answer, and the diagnostic text of a bounce.
"""

from __future__ import annotations

from functools import lru_cache

from digest.senders.judgement import reading
from digest.senders.judgement.reading import Enhanced
from digest.senders.judgement.table import find
from digest.senders.judgement.values import About, Cause, Judgement, Phase

__all__ = ["About", "Cause", "Judgement", "Phase", "judge"]

_HOUR = 3600.0
_DAY = 86_400.0
_MINUTE = 60.0
_MOMENT = 1.0

#: These pass, even where an answer's code says "never".
_PASSING = {Cause.MAILBOX_BUSY, Cause.QUOTA, Cause.THROTTLE, Cause.BUSY, Cause.NEW_CONNECTION}


def judge(
    phase: Phase,
    code: int,
    text: str,
    *,
    enhanced: Enhanced | None = None,
    sender: str = "",
    recipient: str = "",
) -> Judgement:
    """Judge an answer that is not a yes.

    `code` is SMTP's (HTTP's for an API; 0 where there is none); the enhanced code is read from `text` if it is not
    given. With the envelope's addresses, "no such user" about the sender is told from the same about the reader.
    """
    enhanced = enhanced or reading.find_enhanced(code, text)
    return _judge(phase, code, enhanced, reading.words_of(text, sender=sender, recipient=recipient))


@lru_cache(maxsize=256)  # a server says the same few things, to one reader after the other
def _judge(phase: Phase, code: int, enhanced: Enhanced | None, words: str) -> Judgement:
    row = find(phase, code, enhanced, words)
    cause = row.cause if row else Cause.UNCLEAR
    lasts = cause not in _PASSING and _is_permanent(phase, code, enhanced)
    if cause is Cause.THROTTLE and reading.is_per_hour_or_day(words):
        cause = Cause.QUOTA
    return Judgement(
        about=cause.about or _by_phase(phase),
        cause=cause,
        lasts=lasts,
        hard=bool(row and row.hard) and lasts,
        wait=_wait(cause, code, words),
        source=row.source if row else "",
    )


def _by_phase(phase: Phase) -> About:
    """Say whom an answer without a reason is about, from what it answers."""
    if phase in (Phase.RCPT, Phase.DATA, Phase.REPORT):
        return About.MAILBOX
    return About.MAIL if phase is Phase.API else About.US


def _is_permanent(phase: Phase, code: int, enhanced: Enhanced | None) -> bool:
    if phase is Phase.API:
        return code != 429 and code < 500
    if code:
        return code >= 500
    return enhanced is not None and enhanced[0] == 5


def _wait(cause: Cause, code: int, words: str) -> float | None:
    named = reading.named_wait(words)
    if named is not None:
        return min(named, _DAY)
    if cause is Cause.QUOTA:
        return _HOUR
    if cause is not Cause.THROTTLE:
        return None
    if reading.is_per_minute(words):
        return _MINUTE
    return _HOUR if code >= 500 else _MOMENT  # "never" means more than a moment
