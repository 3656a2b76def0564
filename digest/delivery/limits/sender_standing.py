"""What the answers say about the sender itself: may it be used, for which editions, how fast.

A refusal counts as the reader's until every reader turns out to get it (`streaks`). Then the sender stops with the
server's words, and what was recorded for readers meanwhile is taken back (`ledger.takeback`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.delivery.limits.breaker import Breaker
from digest.delivery.limits.host_throttle import HostThrottle
from digest.delivery.limits.likeness import kind, likeness, names_mailbox
from digest.delivery.limits.streaks import About, Row, Streaks
from digest.delivery.limits.throttle import Throttle
from digest.delivery.outcomes import GREYLISTED, THROTTLED, cause
from digest.errors import SenderBusy, SenderDenied, SenderError, SenderUnfit
from digest.model import Deferred, Outcome, Refused, Sent, Unsent
from digest.senders import SendResult

_BREAK_FROM_SECONDS = 60.0  # a shorter wait asks us to go slower, a longer one to leave the sender alone
_UNFIT_SECONDS = 600.0  # seconds for which a sender is not tried again with an edition that it does not take


@dataclass(slots=True)
class Standing:
    """What is known of a sender beyond one run of the engine."""

    breaker: Breaker = field(default_factory=Breaker)
    streaks: Streaks = field(default_factory=Streaks)
    throttle: Throttle = field(default_factory=Throttle)
    unfit: dict[int, tuple[str, float]] = field(default_factory=dict)  # editions: why not, and until when


class Judge:
    """Judges the answers of one sender during one run; times are monotonic, in seconds."""

    def __init__(
        self, standing: Standing, domains: HostThrottle, *, limit: int, batches: bool = False
    ) -> None:
        self.broken = ""  # what a person must mend before this sender can be used again
        self.trouble = ""  # what it said last when it failed, until it takes a mail
        self.to_take_back: list[Row] = []  # answers that were recorded for readers and are the sender's
        self._known = standing
        self._domains = domains
        self._limit = limit  # failures in a row that are not those of a few connections
        self._batches = batches  # it takes many mails a call, and what it counts are calls
        self._denied: list[Row] = []
        self._set_aside: dict[str, None] = {}  # why it was kept from editions

    def objection(self, edition_id: int, at: float) -> str:
        """Say why nothing of this edition may be handed over now; "" if it may be."""
        if self.broken or self._known.breaker.blocked_until > at:
            return self.broken or self.trouble or "the sender asked to be left alone"
        return self.unfit(edition_id, at)

    def problems(self) -> list[str]:
        """Say what was wrong with the sender that is not mended yet, for people."""
        return list(dict.fromkeys([*filter(None, [self.broken or self.trouble]), *self._set_aside]))

    @property
    def keeps_out(self) -> bool:
        """Whether there may be an edition that this sender does not take."""
        return bool(self._known.unfit)

    def unfit(self, edition_id: int, at: float) -> str:
        """Say why this sender does not take the mail of an edition; "" if it does, as far as is known."""
        if not self._known.unfit:
            return ""
        reason, until = self._known.unfit.get(edition_id, ("", 0.0))
        return reason if at < until else ""

    def judge(self, edition_id: int, address: str, verdict: SendResult, at: float) -> Outcome:
        """Return what an answer means for its reader."""
        known = self._known
        if not isinstance(verdict, SenderError):
            self._domains.note(address, verdict, at)
        if isinstance(verdict, Sent):
            known.breaker.accepted()
            known.throttle.accepted(at)
            known.streaks.taken(edition_id, at)
            self.trouble = ""
            if self._denied:
                self._denied.clear()
            return verdict
        if isinstance(verdict, SenderError):
            return self._failure(edition_id, verdict, at)
        if isinstance(verdict, Refused):
            return self._refusal(edition_id, self._domains.host(address), verdict, at)
        if isinstance(verdict, Deferred):
            return self._deferral(edition_id, self._domains.host(address), verdict, at)
        if isinstance(verdict, Unsent) and verdict.retry_after is not None:
            return verdict  # of a call that failed as a whole, which has been judged
        self.trouble = verdict.reply
        known.breaker.failed(at, limit=self._limit)
        return verdict

    # --- answers about a reader, as long as nothing else is known ---------------------------------------------

    def _refusal(self, edition_id: int, host: str, refused: Refused, at: float) -> Outcome:
        self._known.breaker.worked()
        like = likeness(refused.reply, refused.code)
        about = About.MAILBOX if refused.hard or names_mailbox(refused.reply) else About.REFUSAL
        row = self._known.streaks.add(edition_id, about, like, host, at)
        if row:
            self._stop(row, refused.reply, at)
        return refused  # which is taken back with the rest of the row

    def _deferral(self, edition_id: int, host: str, deferred: Deferred, at: float) -> Outcome:
        pause = cause(deferred.code, deferred.reply)
        mailbox = names_mailbox(deferred.reply)
        if pause is GREYLISTED:  # every reader has to pass that once, and passes it by coming back
            self._known.breaker.worked()
            return deferred
        if self._known.breaker.outage and not mailbox:
            return self._put_off(deferred, at)
        about = About.MAILBOX if mailbox else About.TEMPORARY
        # A host that throttles us is slowed down by itself; that it is the sender shows when it is every host's answer.
        row = self._known.streaks.add(edition_id, about, kind(deferred.reply, deferred.code), host, at)
        if row is None or (pause is THROTTLED and row.one_host):
            self._known.breaker.worked()
            return deferred
        self._claim(row)
        self._put_off(deferred, at)
        return deferred

    def _put_off(self, deferred: Deferred, at: float) -> Unsent:
        self.trouble = deferred.reply
        self._known.breaker.puts_everybody_off(at)
        return Unsent(
            deferred.reply
        )  # with a pause of its own, so that another reader's mail is the next to find out

    def all_alike(self, edition_id: int, at: float) -> bool:
        """Judge an edition that is done and has reached nobody: True if that was the sender's doing."""
        row = self._known.streaks.all_alike(edition_id)
        if row is None:
            return False
        self._stop(row, row.like or "", at)
        self._known.streaks.forget(edition_id)
        return True

    def _stop(self, row: Row, reply: str, at: float) -> None:
        """Stop the sender, or keep it from this edition if it takes the mails of others."""
        words = f"it answers every reader alike and has taken nothing in between: {reply}"
        if row.others:
            self._keep_from(row.edition_id, words, at)
        else:
            self.broken = self.broken or words
        self._claim(row)

    def _keep_from(self, edition_id: int, reason: str, at: float) -> None:
        self._known.unfit[edition_id] = (reason, at + _UNFIT_SECONDS)
        self._set_aside[reason] = None

    def _claim(self, row: Row) -> None:
        """Have what was recorded for the readers of a row taken back."""
        if row not in self.to_take_back:
            self.to_take_back.append(row)

    # --- what the sender says of itself -----------------------------------------------------------------------

    def _failure(self, edition_id: int, error: SenderError, at: float) -> Outcome:
        if isinstance(error, SenderDenied):
            self._denied.append(Row(edition_id, at, likeness(error.reply, error.code)))
            if not (self.broken or self._known.breaker.denied()):
                # Perhaps only this reader's server does not want us: the others need not wait for a person.
                return Deferred(error.reply, error.code)
            for row in self._denied:
                self._claim(row)
        elif error.reply:
            self._claim_the_same(edition_id, error)
        self.fail(error, at, edition_id)
        return Unsent(str(error), 0.0)

    def _claim_the_same(self, edition_id: int, error: SenderError) -> None:
        """Have the same words taken back that seemed to be about single readers before they were the sender's."""
        likes = {likeness(error.reply, error.code), kind(error.reply, error.code)}
        row = self._known.streaks.take(edition_id, likes)
        for one in (*filter(None, [row]), *(denied for denied in self._denied if denied.like in likes)):
            self._claim(one)
        self._denied = [denied for denied in self._denied if denied.like not in likes]

    def fail(
        self, error: SenderError, at: float, edition_id: int | None = None, *, whole: bool = False
    ) -> None:
        """Take in that the sender could not even try: with one message or one connection, or as a `whole`."""
        breaker, words = self._known.breaker, str(error)
        if isinstance(error, SenderUnfit) and edition_id is not None:
            self._keep_from(edition_id, words, at)
            return
        self.trouble = words
        if isinstance(error, SenderBusy):
            wait = error.retry_after if error.retry_after and error.retry_after > 0 else None
            if wait is None or wait >= _BREAK_FROM_SECONDS:
                breaker.failed(at, limit=1 if whole else self._limit, wait=wait)
            elif self._known.throttle.throttled(at, wait, slower=not self._batches):
                breaker.puts_everybody_off(at)
        else:
            self.broken = words
