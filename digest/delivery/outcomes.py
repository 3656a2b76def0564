"""Decide what becomes of a delivery after an attempt: pure, by cause, with full jitter.

The pauses follow what the causes need: a greylisting server wants minutes, a full mailbox hours, a lost connection
a moment. "Full jitter" (a random share of a growing limit) keeps those that failed together from coming back together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import Deferred, Delivery, Outcome, Refused, Sent, State, Unknown, Unsent
from digest.store.ledger.attempts import Result
from digest.store.ledger.leases import MAYBE_SENT

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_GREYLISTED = re.compile(r"gr[ae]y-?\s?list", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When to give up: after `attempts` answers, at the `deadline`, in doubt (`resend` allows one more attempt)."""

    attempts: int = 8
    resend: bool = True
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds before the next attempt: `floor`, and a random share of `step`, doubled each time up to `limit`."""

    floor: float
    step: float
    limit: float

    def seconds(self, tries: int, chance: float) -> float:
        """Return the pause after `tries` attempts; `chance` is a random number from 0 to 1."""
        return self.floor + chance * min(self.limit, self.step * 2.0 ** min(max(tries - 1, 0), 30))


GREYLISTED = Pause(300, 120, 3600)
THROTTLED = Pause(60, 120, 3600)
DENIED = Pause(600, 1200, 4 * 3600)  # for what we are
MAILBOX_FULL = Pause(1800, 3600, 4 * 3600)
ROUTING = Pause(300, 600, 2 * 3600)
OTHERWISE = Pause(60, 300, 2 * 3600)
CONNECTION_LOST = Pause(0, 1, 300)
IN_DOUBT = Pause(1, 5, 60)


def cause(code: int, reply: str) -> Pause:
    """Return the pause that a temporary refusal asks for, read from its SMTP or HTTP code and its text."""
    enhanced = ENHANCED.search(reply)
    subject, detail = (enhanced[2], enhanced[3]) if enhanced else ("", "")
    if _GREYLISTED.search(reply):
        return GREYLISTED
    if code in (421, 429) or (subject == "7" and code < 500):
        return THROTTLED
    if subject == "7":
        return DENIED
    if code == 452 or (subject, detail) == ("2", "2"):
        return MAILBOX_FULL
    return ROUTING if subject == "4" else OTHERWISE


def decide(outcome: Outcome, delivery: Delivery, rules: Rules, *, now: datetime, chance: float) -> Result:
    """Return what to write into the ledger after an attempt; `chance` is a random number from 0 to 1."""
    match outcome:
        case Sent(reply, remote_id):
            return Result(delivery, State.SENT, reply=reply, remote_id=remote_id)
        case Refused(reply, code, hard):
            reason = "this address takes no mail" if hard else "the mail was refused"
            return Result(delivery, State.REFUSED, reason=reason, code=code, reply=reply, hard=hard)
        case Deferred():
            return _deferred(outcome, delivery, rules, now, chance)
        case Unknown(reply):
            return _in_doubt(reply, delivery, rules, now, chance)
        case Unsent(reply, wait):
            # Not the reader's fault, so it does not count; claims that came to nothing make the pause grow.
            pause = (
                CONNECTION_LOST.seconds(delivery.fence - delivery.attempts, chance) if wait is None else wait
            )
            again = None if wait == 0 else now + timedelta(seconds=pause)
            reason = "it was not handed over"
            return Result(delivery, State.QUEUED, reason=reason, reply=reply, not_before=again, counted=False)


def _deferred(outcome: Deferred, delivery: Delivery, rules: Rules, now: datetime, chance: float) -> Result:
    wait = cause(outcome.code, outcome.reply).seconds(delivery.attempts, chance)
    if outcome.retry_after is not None:
        wait = outcome.retry_after * (1 + chance / 10)
    again = now + timedelta(seconds=wait)
    state, reason = State.DEFERRED, ""
    if delivery.attempts >= rules.attempts:
        state, reason = State.REFUSED, f"given up after {delivery.attempts} attempts"
    elif rules.deadline and again > rules.deadline:
        state, reason = State.REFUSED, "given up: the edition's deadline comes before the next attempt"
    return Result(
        delivery,
        state,
        reason=reason,
        code=outcome.code,
        reply=outcome.reply,
        not_before=again if state is State.DEFERRED else None,
    )


def _in_doubt(reply: str, delivery: Delivery, rules: Rules, now: datetime, chance: float) -> Result:
    """Allow one automatic further attempt if the policy does; a second doubt is left to people."""
    if rules.resend and not delivery.doubted:
        again = now + timedelta(seconds=IN_DOUBT.seconds(1, chance))
        return Result(delivery, State.QUEUED, reason=MAYBE_SENT, reply=reply, not_before=again, doubted=True)
    return Result(delivery, State.UNKNOWN, reason=MAYBE_SENT, reply=reply, doubted=True)
