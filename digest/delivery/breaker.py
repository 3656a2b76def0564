"""The breaker of a sender: leaves it alone while it fails, and lets one message find out if it works again."""

from __future__ import annotations

import random


class Breaker:
    """Stops asking a sender that fails: after `limit` failures in a row, for a growing time; then one message tries."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._failures = 0
        self._trips = 0
        self.closed_until = 0.0  # monotonic seconds: nothing is handed over before

    def failed(self, now: float, *, wait: float | None = None) -> None:
        """Note a failure of the whole connection; `wait` is what the other side asked for, in seconds."""
        self._failures += 1
        if wait is None and (self._failures < self._limit or now < self.closed_until):
            return
        if wait is None:
            wait = random.uniform(0.5, 1) * min(300, 2**self._trips)  # noqa: S311  # jitter, not a secret
            self._trips = min(self._trips + 1, 10)
        self.closed_until = max(self.closed_until, now + wait)

    def worked(self) -> None:
        """Note that the other side answered."""
        self._failures = self._trips = 0

    @property
    def trying(self) -> bool:
        """Tell whether one message shall find out if the sender works again."""
        return self._failures >= self._limit
