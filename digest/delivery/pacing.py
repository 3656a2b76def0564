"""Hold a rate: how many messages may go now, and when the next one may. Pure: the caller brings the time in seconds."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

from digest.units import Rate

SLOTS = 60  # a window is counted in this many parts
_SMOOTH = 0.05  # of a second: more than this much of a rate never leaves at once
_LONG = 60  # seconds: rates over this span or a longer one are remembered in the ledger


class Window:
    """At most `rate.count` messages in any `rate.seconds` seconds (to a sixtieth, on the safe side)."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._width = rate.seconds / SLOTS
        self._slots: deque[list[int]] = deque()  # [number of the slot, messages in it], oldest first
        self._total = 0

    def slot(self, now: float) -> int:
        return int(now // self._width)

    def oldest(self, now: float) -> int:
        """Return the first slot that still counts."""
        return self.slot(now) - SLOTS

    def free(self, now: float) -> int:
        """Return how many messages may go at this moment."""
        oldest = self.oldest(now)
        while self._slots and self._slots[0][0] < oldest:
            self._total -= self._slots.popleft()[1]
        return self.rate.count - self._total

    def take(self, n: int, now: float) -> None:
        slot = self.slot(now)
        if not self._slots or self._slots[-1][0] < slot:
            self._slots.append([slot, 0])
        self._slots[-1][1] += n
        self._total += n

    def wait(self, now: float) -> float:
        """Return the seconds until at least one more message may go."""
        if self.free(now) > 0 or not self._slots:
            return 0.0
        return max(0.0, (self._slots[0][0] + SLOTS + 1) * self._width - now)

    def fill(self, used: Mapping[int, int]) -> None:
        """Begin anew from what was used, by slot."""
        self._slots = deque([slot, used[slot]] for slot in sorted(used))
        self._total = sum(used.values())


class Quota(Window):
    """A window over a long span, in wall-clock seconds; the ledger adds up what all processes use of it."""

    def __init__(self, rate: Rate) -> None:
        super().__init__(rate)
        self.unsaved: Counter[int] = Counter()  # by slot

    def take(self, n: int, now: float) -> None:
        super().take(n, now)
        self.unsaved[self.slot(now)] += n

    def saved(self, used: Mapping[int, int]) -> None:
        """Note that this much is in the ledger now."""
        self.unsaved -= Counter(used)

    def fill(self, used: Mapping[int, int]) -> None:
        super().fill(Counter(used) + self.unsaved)


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
        self.quotas = [Quota(rate) for rate in rates if rate.seconds >= _LONG]
        self._limits: list[Window | Bucket] = [Window(rate) for rate in rates if rate.seconds < _LONG]
        self._limits += [Bucket(rate.count / rate.seconds) for rate in rates if rate.seconds == 1]

    def take(self, n: int, now: float, wall: float) -> int:
        """Take leave for up to `n` messages; return for how many it is given. A negative `n` gives leave back.

        `now` is monotonic, `wall` the time of the day, both in seconds.
        """
        free = [limit.free(now) for limit in self._limits] + [quota.free(wall) for quota in self.quotas]
        granted = max(min(n, 0), min([n, *free]))
        if granted:
            for limit in self._limits:
                limit.take(granted, now)
            for quota in self.quotas:
                quota.take(granted, wall)
        return granted

    def used_up(self, wall: float) -> float:
        """Return the seconds until a long rate has something left again; 0 while all have."""
        return max((quota.wait(wall) for quota in self.quotas), default=0.0)

    def wait(self, now: float, wall: float) -> float:
        """Return the seconds until at least one more message may go."""
        return max([self.used_up(wall), *(limit.wait(now) for limit in self._limits)])
