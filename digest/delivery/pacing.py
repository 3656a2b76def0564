"""Hold a rate: how many messages may go now, and when the next one may. Pure: the caller brings the time in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from digest.units import Rate

_SLOTS = 60  # a window is counted in this many parts
_SMOOTH = 0.05  # of a second: more than this much of a rate never leaves at once


class Window:
    """At most `rate.count` messages in any `rate.seconds` seconds (to a sixtieth, on the safe side)."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._width = rate.seconds / _SLOTS
        self._slots: deque[list[int]] = deque()  # [number of the slot, messages in it], oldest first
        self._total = 0

    def free(self, now: float) -> int:
        """Return how many messages may go at this moment."""
        oldest = int(now // self._width) - _SLOTS
        while self._slots and self._slots[0][0] < oldest:
            self._total -= self._slots.popleft()[1]
        return self._rate.count - self._total

    def take(self, n: int, now: float) -> None:
        slot = int(now // self._width)
        if not self._slots or self._slots[-1][0] < slot:
            self._slots.append([slot, 0])
        self._slots[-1][1] += n
        self._total += n

    def wait(self, now: float) -> float:
        """Return the seconds until at least one more message may go."""
        if self.free(now) > 0 or not self._slots:
            return 0.0
        return max(0.0, (self._slots[0][0] + _SLOTS + 1) * self._width - now)


class Bucket:
    """A token bucket: `rate` messages a second, spread evenly; at most a twentieth of a second's worth at once."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens = 1.0
        self._filled_at: float | None = None

    def free(self, now: float) -> int:
        """Return how many messages may go at this moment."""
        if self._filled_at is not None:
            # A clock that stood still or went back adds nothing.
            grown = self._tokens + max(0.0, now - self._filled_at) * self.rate
            self._tokens = min(max(1.0, self.rate * _SMOOTH), grown)
        self._filled_at = now
        return int(self._tokens + 1e-9)

    def take(self, n: int, now: float) -> None:
        self._tokens -= n

    def wait(self, now: float) -> float:
        """Return the seconds until at least one more message may go."""
        return 0.0 if self.free(now) > 0 else (1.0 - self._tokens) / self.rate


class Pacer:
    """Several rates at once: every one of them holds. A rate per second is spread evenly, longer ones may burst."""

    def __init__(self, rates: Sequence[Rate] = ()) -> None:
        self._limits: list[Window | Bucket] = [Window(rate) for rate in rates]
        self._limits += [Bucket(rate.count / rate.seconds) for rate in rates if rate.seconds == 1]

    def take(self, n: int, now: float) -> int:
        """Take leave for up to `n` messages; return for how many it is given."""
        granted = max(0, min([n, *(limit.free(now) for limit in self._limits)]))
        if granted > 0:
            for limit in self._limits:
                limit.take(granted, now)
        return granted

    def wait(self, now: float) -> float:
        """Return the seconds until at least one more message may go."""
        return max((limit.wait(now) for limit in self._limits), default=0.0)
