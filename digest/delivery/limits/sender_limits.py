"""All that bounds how one sender is used: its rates and hours, its breaker, what it says of itself, its mail hosts."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

from digest.delivery.limits.pacer import Pacer
from digest.delivery.limits.route import SenderRoute
from digest.delivery.limits.sender_standing import Judge
from digest.delivery.moment import Moment


class SenderLimits:
    """Whether, when and how fast one sender may be used during a run."""

    def __init__(self, route: SenderRoute) -> None:
        self.name, self.hosts = route.name, route.domains
        self._breaker, self._throttle = route.standing.breaker, route.standing.throttle
        self.pacer = Pacer(
            route.rates,
            hours=route.hours,
            warm_up=route.warm_up,
            zone=ZoneInfo(route.timezone),
            more=[self._throttle],
        )
        batch, calls = route.sender.batch_size, route.sender.concurrency
        self.judge = Judge(route.standing, route.domains, limit=max(3, calls), batches=batch > 1)

    @property
    def broken(self) -> str:
        """What a person must mend before this sender can be used again; "" if nothing."""
        return self.judge.broken

    @property
    def half_open(self) -> bool:
        """Whether one copy alone has to find out if the sender works again."""
        return self._breaker.half_open

    def opens_in(self, now: Moment) -> float:
        """Return the seconds until the sender may be used; infinity if a person must act first."""
        if self.broken:
            return math.inf
        return max(0.0, self._breaker.blocked_until - now.at, self.pacer.used_up(now))

    def holds(self, at: float) -> bool:
        """Tell whether the sender has asked to wait for a moment; `at` is monotonic, in seconds."""
        return self._throttle.holds(at)

    def problems(self, now: Moment) -> list[str]:
        """Say what is wrong with the sender, for people."""
        limits = self.pacer.blocked_reason(now)
        return [f"{self.name}: {words}" for words in ([limits] if limits else self.judge.problems())]

    def slowed(self) -> str:
        """Say that it goes more slowly than it might because it throttles us, for people; "" if it does not."""
        pace = self._throttle.pace
        return f"{self.name} throttles us ({pace:.2g}/s)" if pace else self.hosts.slowed()
