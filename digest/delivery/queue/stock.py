"""How many copies to mark ahead: as many as will be taken within a fraction of a second, however fast or slow. Pure.

Consent is asked in the statement that marks, so what is marked must leave soon. A fast server needs a stock, or its
connections stand idle while the ledger is written; a slow one needs none.
"""

from __future__ import annotations

AHEAD_SECONDS = 0.3  # seconds of work that are marked ahead
BATCH_AHEAD_SECONDS = 0.1  # the same where a call carries many: one call at most, and only for the fastest
SLOW_SECONDS = 0.5  # seconds for one message, from which on none is begun behind another one
_MAX_READY = 1000  # copies that are marked and not yet being handed over, at most
_NEWEST_WEIGHT = 0.2  # what the newest answer weighs against those before


class Stock:
    """The copies that are marked for one sender and not yet being handed over, as numbers.

    `calls` are worth having under way at once, with `batch` messages each; `lines` of them wait behind no other one.
    """

    def __init__(self, *, calls: int, lines: int, batch: int) -> None:
        self._calls, self._lines, self._batch = calls, lines, batch
        self._seconds: float | None = None  # from taking a message to its answer, lately
        self._size = self.least

    @property
    def least(self) -> int:
        """Copies that should be ready at any time for a fast server, so that no worker stands idle."""
        return max(4, self._calls // 2) * self._batch

    def answered(self, seconds: float) -> None:
        """Note how long the answer to a message took."""
        if self._seconds is None:
            self._seconds = seconds
        else:
            self._seconds += _NEWEST_WEIGHT * (seconds - self._seconds)

    def slow(self, oldest: float) -> bool:
        """Whether a message that is begun behind another would wait for long; `oldest` has been under way so long."""
        return oldest > SLOW_SECONDS or (self._seconds or 0.0) > SLOW_SECONDS

    def adapt(self, waiting: int, *, used_up: bool) -> None:
        """Follow the pace: twice as much where all was used up since the last sync, less where half of it was not."""
        if waiting == 0 and used_up:
            self._size = min(_MAX_READY, self._size * 2)
        elif waiting > self._size / 2:
            self._size = max(self.least, self._size * 7 // 8)

    def room(self, waiting: int, in_hand: int, oldest: float) -> int:
        """Return how many more copies may be marked now."""
        calls = self._lines if self.slow(oldest) else self._calls
        free = max(0, calls * self._batch - in_hand)
        return max(0, min(self._size, free + self._ahead(calls, oldest)) - waiting)

    def _ahead(self, calls: int, oldest: float) -> int:
        """Return how many messages are begun within the time ahead, as far as that is known: whole calls."""
        if self._seconds is None or oldest > SLOW_SECONDS:  # how long the next answers take is unknown
            return 0
        span = AHEAD_SECONDS if self._batch == 1 else BATCH_AHEAD_SECONDS
        begun = int(span * calls / max(self._seconds, 1e-6))
        return begun if self._batch == 1 else min(1, begun) * self._batch
