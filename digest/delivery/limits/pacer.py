"""Hold several rates at once, the hours of a sender and its warm-up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo

from digest.delivery.limits.rates import Bucket, Limit, Quota, WarmUp, Window, closed_for
from digest.delivery.moment import Moment
from digest.model.amounts import Hours, Rate

_SHARED_FROM_SECONDS = 60  # rates over this span or a longer one are kept in the ledger


class Pacer:
    """Several rates at once: every one of them holds. A rate per second is spread evenly, longer ones may burst.

    Outside its `hours`, which are times of the `zone`, nothing goes; `warm_up` bounds the first days. There may be
    `more` limits.
    """

    def __init__(
        self,
        rates: Sequence[Rate] = (),
        *,
        hours: Hours | None = None,
        warm_up: Sequence[int] = (),
        zone: tzinfo = UTC,
        more: Sequence[Limit] = (),
    ) -> None:
        self._hours, self._zone = hours, zone
        self.quotas = [Quota(rate) for rate in rates if rate.seconds >= _SHARED_FROM_SECONDS]
        self.quotas += [WarmUp(warm_up, zone)] if warm_up else []
        self._limits: list[Limit] = [
            *more,
            *(Window(rate) for rate in rates if rate.seconds < _SHARED_FROM_SECONDS),
        ]
        self._limits += [Bucket(rate.count / rate.seconds) for rate in rates if rate.seconds == 1]

    def take(self, n: int, now: Moment) -> int:
        """Ask to send up to `n` messages; return how many are granted. A negative `n` returns what was granted before."""
        wall = now.wall_seconds
        free = [limit.free(now.at) for limit in self._limits] + [quota.free(wall) for quota in self.quotas]
        if self._closed_for(wall):
            free.append(0)
        granted = max(min(n, 0), min([n, *free]))
        if granted:
            for limit in self._limits:
                limit.take(granted, now.at)
            for quota in self.quotas:
                quota.take(granted, wall)
        return granted

    def used_up(self, now: Moment) -> float:
        """Return the seconds until its hours begin and every long rate has something left; 0 while that is so."""
        wall = now.wall_seconds
        return max([self._closed_for(wall), *(quota.wait(wall) for quota in self.quotas)])

    def blocked_reason(self, now: Moment) -> str:
        """Say why nothing may go for long, for people; "" where something may."""
        wall = now.wall_seconds
        if self._closed_for(wall):
            return f"its hours are {self._hours} ({self._zone})"
        return "; ".join(words for quota in self.quotas if (words := quota.blocked_reason(wall)))

    def _closed_for(self, wall: float) -> float:
        return closed_for(self._hours, self._zone, wall) if self._hours else 0.0

    def wait(self, now: Moment) -> float:
        """Return the seconds until at least one more message may go."""
        return max([self.used_up(now), *(limit.wait(now.at) for limit in self._limits)])
