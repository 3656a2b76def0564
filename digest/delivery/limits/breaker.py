"""The breaker of a sender: leaves it alone while it fails, and lets one message find out if it works again."""

from __future__ import annotations

import random

_MAX_DENIALS_IN_A_ROW = 3  # in a row, after which it is not the readers' servers that do not want us
_MAX_PAUSE_SECONDS = 300.0  # seconds between two tries of a connection that fails
# A server that answers, but puts every mail off, can easily bear one mail a minute.
_MAX_OUTAGE_PAUSE_SECONDS = 60.0


class Breaker:
    """Stops asking a sender that fails: after some failures in a row, for a growing time; then one message tries.

    It outlives a run, so that a sender that asks to be left alone for an hour is not tried again by the next run.
    """

    def __init__(self) -> None:
        self.blocked_until = 0.0  # monotonic seconds: nothing is handed over before
        self.half_open = False  # one message tests if the sender works again
        self.outage = False  # it defers every mail: only a mail that it takes ends that
        self._failures = 0
        self._trips = 0
        self._denials = 0

    def failed(self, at: float, *, limit: int, wait: float | None = None) -> None:
        """Note a failure of the whole connection: `limit` of them trip it, or what the other side asks for (seconds)."""
        self._failures += 1
        self.half_open = self.outage or self._failures >= limit
        if wait is not None:
            self.half_open = True
            self.blocked_until = max(self.blocked_until, at + wait)
        elif self.half_open and at >= self.blocked_until:
            self._pause(at, _MAX_PAUSE_SECONDS)

    def puts_everybody_off(self, at: float) -> None:
        """Note a temporary answer that every reader gets: it trips the breaker until a mail is taken."""
        self.outage = self.half_open = True
        if at >= self.blocked_until:
            self._pause(at, _MAX_OUTAGE_PAUSE_SECONDS)

    def _pause(self, at: float, longest: float) -> None:
        wait = random.uniform(0.5, 1) * min(longest, 2**self._trips)  # noqa: S311  # jitter, not a secret
        self._trips = min(self._trips + 1, 10)
        self.blocked_until = max(self.blocked_until, at + wait)

    def worked(self) -> None:
        """Note that the other side answered."""
        if not self.outage:
            self._failures = self._trips = 0
            self.half_open = False

    def accepted(self) -> None:
        """Note that it took a message."""
        self.outage = False
        self.worked()
        self._denials = 0

    def denied(self) -> bool:
        """Note that it refused a message for what we are; tell whether it does so to all of them."""
        self.worked()
        self._denials += 1
        return self._denials >= _MAX_DENIALS_IN_A_ROW
