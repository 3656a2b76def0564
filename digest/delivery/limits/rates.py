"""Hold a rate: how many messages may go at a moment, and when the next one may. Pure: the caller brings the time.

`at` is the seconds of the clock that a limit counts by: quotas count by the wall clock, everything else by the monotonic.
"""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Protocol

from digest.model.amounts import Hours, Rate

SLOTS = 60  # a window is counted in this many parts
_BURST_SECONDS = 0.05  # of a rate: no more than this leaves at once


class Limit(Protocol):
    """What bounds how many messages may go; moments are in seconds."""

    def free(self, at: float, /) -> int:
        """Return how many messages may go at this moment."""
        ...

    def take(self, n: int, at: float, /) -> None:
        """Note that `n` messages go; a negative number returns what was granted."""
        ...

    def wait(self, at: float, /) -> float:
        """Return the seconds until at least one more message may go."""
        ...


class Window:
    """At most `rate.count` messages in any `rate.seconds` seconds (to a sixtieth, on the safe side)."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._width = rate.seconds / SLOTS
        self._slots: deque[list[int]] = deque()  # [number of the slot, messages in it], oldest first
        self._total = 0

    def slot(self, at: float) -> int:
        return int(at // self._width)

    def oldest(self, at: float) -> int:
        """Return the first slot that still counts."""
        return self.slot(at) - SLOTS

    def span(self, at: float) -> tuple[int, int]:
        """Return the slots that count: not those of a clock that was ahead, but for the next one, of another machine."""
        return self.oldest(at), self.slot(at) + 1

    def free(self, at: float) -> int:
        """Return how many messages may go at this moment."""
        oldest = self.oldest(at)
        while self._slots and self._slots[0][0] < oldest:
            self._total -= self._slots.popleft()[1]
        return self.rate.count - self._total

    def take(self, n: int, at: float) -> None:
        slot = self.slot(at)
        if not self._slots or self._slots[-1][0] < slot:
            self._slots.append([slot, 0])
        self._slots[-1][1] += n
        self._total += n

    def wait(self, at: float) -> float:
        """Return the seconds until at least one more message may go."""
        if self.free(at) > 0 or not self._slots:
            return 0.0
        return max(0.0, (self._slots[0][0] + SLOTS + 1) * self._width - at)

    def fill(self, used: Mapping[int, int]) -> None:
        """Start over from what was used, by slot."""
        self._slots = deque([slot, used[slot]] for slot in sorted(used))
        self._total = sum(used.values())


class Quota(Window):
    """A window over a long span, in wall-clock seconds; the ledger adds up what all processes use of it."""

    def __init__(self, rate: Rate) -> None:
        super().__init__(rate)
        self.name = str(rate)  # under which the ledger knows it
        self.unsaved: Counter[int] = Counter()  # by slot

    def take(self, n: int, at: float) -> None:
        super().take(n, at)
        self.unsaved[self.slot(at)] += n

    def saved(self, used: Mapping[int, int]) -> None:
        """Note that this much is in the ledger."""
        self.unsaved -= Counter(used)

    def fill(self, used: Mapping[int, int]) -> None:
        super().fill(Counter(used) + self.unsaved)

    def blocked_reason(self, wall: float) -> str:
        """Say that it is used up, for people; "" while it is not."""
        return f"its limit is used up: {self.rate}" if self.wait(wall) else ""


class WarmUp(Quota):
    """A limit that grows by day: one number of messages for each of the first days of a sender, then no limit.

    A slot is a day of the sender's timezone. After 120 days without a message the plan starts again.
    """

    def __init__(self, plan: Sequence[int], zone: tzinfo = UTC) -> None:
        super().__init__(Rate(plan[0], 86400))
        self.name = "warm-up"  # the same when the plan is changed on the way
        self._plan, self._zone = plan, zone
        self._used: Counter[int] = Counter()

    def slot(self, at: float) -> int:
        return datetime.fromtimestamp(at, self._zone).toordinal()

    def oldest(self, at: float) -> int:
        return self.slot(at) - 2 * SLOTS

    def free(self, at: float) -> int:
        day = self._day(at)
        return self._plan[day] - self._used[self.slot(at)] if day < len(self._plan) else sys.maxsize

    def take(self, n: int, at: float) -> None:
        self._used[self.slot(at)] += n
        self.unsaved[self.slot(at)] += n

    def wait(self, at: float) -> float:
        if self.free(at) > 0:
            return 0.0
        tomorrow = datetime.fromtimestamp(at, self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).timestamp() - at

    def fill(self, used: Mapping[int, int]) -> None:
        self._used = Counter(used) + self.unsaved

    def blocked_reason(self, wall: float) -> str:
        day = self._day(wall)
        return f"day {day + 1} of its warm-up: {self._plan[day]} mails are sent" if self.wait(wall) else ""

    def _day(self, at: float) -> int:
        """Return which day of the plan it is, from 0."""
        today = self.slot(at)
        return today - min((slot for slot, n in self._used.items() if n > 0), default=today)


def closed_for(hours: Hours, zone: tzinfo, wall: float) -> float:
    """Return the seconds until a sender that is used at these hours may be used; 0 while it may."""
    local = datetime.fromtimestamp(wall, zone)
    if local.time() in hours:
        return 0.0
    days = (local.date() + timedelta(days=n) for n in (0, 1))
    openings = (datetime.combine(day, hours.start, zone).timestamp() for day in days)
    return next(opening for opening in openings if opening > wall) - wall


class Bucket:
    """A token bucket: `rate` messages a second, spread evenly; at most a twentieth of a second's worth at once."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens = 1.0
        self._filled_at: float | None = None

    def free(self, at: float) -> int:
        """Return how many messages may go at this moment."""
        if self._filled_at is not None:
            # A clock that stood still or went back adds nothing.
            grown = self._tokens + max(0.0, at - self._filled_at) * self.rate
            self._tokens = min(max(1.0, self.rate * _BURST_SECONDS), grown)
        self._filled_at = at
        return int(self._tokens + 1e-9)

    def take(self, n: int, at: float) -> None:
        self._tokens -= n

    def wait(self, at: float) -> float:
        """Return the seconds until at least one more message may go."""
        return 0.0 if self.free(at) > 0 else (1.0 - self._tokens) / self.rate
