"""Go as fast as a sender takes it: a pace that falls when it throttles us, and rises again step by step. Pure.

Until the first throttling answer there is no limit. Such an answer sets the pace to a part of what was taken in the
second before; from there it climbs fast to just below the pace that was too much, then slowly, until the next throttling
answer shows where the limit is now. So a limit of 14 a second is used to nine tenths, and a limit that is lifted is
noticed within minutes.
"""

from __future__ import annotations

from collections import deque

from digest.delivery.limits.rates import Bucket

_FALL_FACTOR = 0.8  # of the pace that was taken, after a throttling answer
_KNEE_FRACTION = 0.92  # of that pace: up to here it climbs fast
_CLIMB_PER_MAIL = 0.03  # of the pace, for every mail that is taken
_CLIMB_PER_SECOND = 0.01  # of the pace, a second
_MIN_MAILS_PER_SECOND = 0.5  # mails a second
# The pace is measured over this time; further throttling answers within it say nothing new.
_SPAN_SECONDS = 1.0
_FORGET_AFTER_SECONDS = 900.0  # seconds without a throttling answer, after which there is no limit
# Throttled for this long without one mail taken: that is no limit any more, the sender is out of order.
_OUTAGE_AFTER_SECONDS = 30.0

_UNLIMITED = 1_000_000


class Throttle:
    """The pace at which a sender may be used; times are monotonic, in seconds. A limit as `Pacer` knows them."""

    def __init__(self) -> None:
        self._bucket: Bucket | None = None
        self._taken: deque[float] = deque()  # when mails were taken, within the last span
        self._waits_until = 0.0
        self._throttled_at = float("-inf")
        self._in_vain_since: float | None = None
        self._knee = 0.0
        self._raised_at = 0.0

    @property
    def pace(self) -> float | None:
        """Mails a second; None without a limit."""
        return self._bucket.rate if self._bucket else None

    def throttled(self, at: float, wait: float, *, slower: bool = True) -> bool:
        """Note that the sender asks us to wait, and to go more slowly afterwards; tell whether that has led to nothing.

        That is so when throttling answers follow each other for long, and no mail is taken.
        """
        self._waits_until = max(self._waits_until, at + wait)
        self._in_vain_since = self._in_vain_since if self._in_vain_since is not None else at
        if slower and at - self._throttled_at > _SPAN_SECONDS:
            self._throttled_at = self._raised_at = at
            self._forget(at)
            was = min(len(self._taken) / _SPAN_SECONDS, self.pace or float("inf"))
            self._knee = _KNEE_FRACTION * was
            self._bucket = Bucket(max(_MIN_MAILS_PER_SECOND, _FALL_FACTOR * was))
        return at - self._in_vain_since > _OUTAGE_AFTER_SECONDS

    def accepted(self, at: float) -> None:
        """Note that it took a mail."""
        self._taken.append(at)
        if len(self._taken) > 1 and self._taken[0] < at - _SPAN_SECONDS:
            self._forget(at)
        self._in_vain_since = None
        if self._bucket is None:
            return
        if at - self._throttled_at > _FORGET_AFTER_SECONDS:
            self._bucket = None
            return
        rate = self._bucket.rate
        fast = rate * _CLIMB_PER_MAIL if rate < self._knee or rate <= _MIN_MAILS_PER_SECOND * 4 else 0.0
        self._bucket.rate = rate + max(fast, rate * _CLIMB_PER_SECOND * min(1.0, at - self._raised_at))
        self._raised_at = at

    def _forget(self, at: float) -> None:
        while self._taken and self._taken[0] <= at - _SPAN_SECONDS:
            self._taken.popleft()

    def holds(self, at: float) -> bool:
        """Tell whether nothing may go for the moment."""
        return at < self._waits_until

    # --- as a limit ----------------------------------------------------------------------------------------

    def free(self, at: float) -> int:
        """Return how many mails may go at this moment."""
        if self.holds(at):
            return 0
        return self._bucket.free(at) if self._bucket else _UNLIMITED

    def take(self, n: int, at: float) -> None:
        if self._bucket:
            self._bucket.take(n, at)

    def wait(self, at: float) -> float:
        """Return the seconds until at least one more may go."""
        rest = max(0.0, self._waits_until - at)
        return max(rest, self._bucket.wait(at)) if self._bucket else rest
