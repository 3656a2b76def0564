"""Limit the pace for each mail host: its configured rate, and a lower one while it throttles us.

An answer like 421 or 4.7.x halves the pace for this host. Every mail that is taken raises it a little, up to the
configured rate, or until the limit slows no mail down. An hour without a throttling answer lifts the limit as well. A
reader who has to wait goes back into the queue with a time of its own, so that the others are not held up.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

from digest.delivery.limits.mailbox_hosts import MailboxHostResolver, canonical
from digest.delivery.limits.rates import Bucket
from digest.delivery.outcomes import THROTTLED, cause
from digest.model import Deferred, Outcome, Sent
from digest.model.amounts import Rate

OTHERS = "*"  # stands for every host that is not named

#: What a mail server may hand to the hosts that keep most mailboxes. A fast machine sends thousands a second; these bound
#: the flood at what such a host takes from a sender it knows, and 100,000 readers at one of them still take minutes.
DEFAULTS = {
    "gmail.com": Rate(100, 1),
    "outlook.com": Rate(100, 1),
    "yahoo.com": Rate(50, 1),
    "icloud.com": Rate(25, 1),
}

_MIN_MAILS_PER_SECOND = 1 / 60  # messages a second: one a minute is tried even where nothing gets through
_IGNORE_REPEATS_SECONDS = 5.0  # seconds for which further throttling answers add nothing to the first one
_WINDOW_SECONDS = 5.0  # seconds over which a host's pace is measured
_CLIMB_FACTOR = 1.02  # every mail that is taken lifts the limit by this
# Readers who wait come back at this multiple of the rate, so that the limit is used to the full.
_RETURN_RATE_FACTOR = 1.25
# Without a throttling answer for this long, only the configured limit applies.
_FORGET_AFTER_SECONDS = 3600.0
# A reader who waits is tried again after this time at the latest, because the limit may have been lifted meanwhile;
# the number of such tries a second is bounded too, so that they do not become the only work.
_MAX_WAIT_SECONDS = 300.0
_MAX_RETURNS_PER_SECOND = 500
_FORGET_ABOVE_HOSTS = 10_000  # hosts with a limit, after which unused limits are forgotten


def host_rates(configured: Mapping[str, Rate | None], *, defaults: bool = False) -> dict[str, Rate]:
    """Return the rate of each host that has one, "*" for the others; a None takes a default away, "*" all of them."""
    known = DEFAULTS if defaults and OTHERS not in configured else {}
    own = {canonical(host.lower()): rate for host, rate in configured.items()}
    return {host: rate for host, rate in {**known, **own}.items() if rate}


class _Limit:
    """The rate of one host, and when the next reader who waits for it may be mailed."""

    def __init__(self, rate: float, at: float, *, top: float, lifted: float) -> None:
        self.bucket = Bucket(rate)
        self.top = top  # it climbs no higher
        self.lifted = lifted  # at this rate it is not a limit any more
        self.throttled_at = float("-inf")
        self.next_at = at
        self._longest, self._turned_away, self._since = _MAX_WAIT_SECONDS, 0, at

    def turn_away(self, at: float) -> float:
        """Reserve a time for a reader who has to wait; return the seconds until then."""
        if at - self._since > self._longest:
            self._longest = max(_MAX_WAIT_SECONDS, self._turned_away / _MAX_RETURNS_PER_SECOND)
            self._turned_away, self._since = 0, at
        self._turned_away += 1
        self._longest = max(self._longest, self._turned_away / _MAX_RETURNS_PER_SECOND)
        step = 1 / (_RETURN_RATE_FACTOR * self.bucket.rate)
        self.next_at = max(self.next_at, at) + step
        if self.next_at > at + self._longest:
            self.next_at = at + step * (0.5 + random.random())  # noqa: S311  # not all at one moment
        return self.next_at - at

    def idle(self, at: float) -> bool:
        """Tell whether it is as it was when it was made."""
        return self.next_at <= at and self.bucket.rate == self.top


class HostThrottle:
    """Watches the answers of mail hosts and says who may be mailed now; times are monotonic, in seconds.

    `rates` are those of the whole program, which this process shares with the others (`processes` in all).
    """

    def __init__(
        self,
        rates: Mapping[str, Rate] | None = None,
        hosts: MailboxHostResolver | None = None,
        *,
        processes: int = 1,
    ) -> None:
        self._rates = {host: rate.count / rate.seconds / processes for host, rate in (rates or {}).items()}
        self._others = self._rates.pop(OTHERS, 0.0)
        self._hosts = hosts or MailboxHostResolver()
        self._limits: dict[str, _Limit] = {}
        self._most = _FORGET_ABOVE_HOSTS
        self._since = 0.0
        self._counts: Counter[str] = Counter()  # handed over since then, by host
        self._paces: dict[str, float] = {}  # the same of the window before, a second

    def host(self, address: str) -> str:
        """Return the mail host of an address, as far as it is known by now."""
        return self._hosts.of(address)

    def note(self, address: str, outcome: Outcome, at: float) -> None:
        """Take in an answer."""
        if at - self._since >= _WINDOW_SECONDS:
            self._measure(at)
        host = self._hosts.of(address)
        self._counts[host] += 1
        if isinstance(outcome, Sent):
            if limit := self._limits.get(host):
                self._lift(host, limit)
        elif isinstance(outcome, Deferred) and cause(outcome.code, outcome.reply) is THROTTLED:
            self._slow_down(host, at)

    def delay(self, address: str, at: float) -> float:
        """Return 0 if this reader may be mailed now, else the seconds to wait, which are then reserved."""
        if not (self._rates or self._limits or self._others):
            return 0.0
        host = self._hosts.of(address)
        limit = self._limits.get(host) or self._begin(host, at)
        if limit is None:
            return 0.0
        if limit.bucket.free(at) > 0:
            limit.bucket.take(1, at)
            return 0.0
        return limit.turn_away(at)

    def slowed(self) -> str:
        """Say which hosts go more slowly than they might because they throttle us, for people; "" if none does."""
        slow = {
            host: limit.bucket.rate
            for host, limit in self._limits.items()
            if limit.throttled_at > 0 and limit.bucket.rate < limit.top
        }
        return ", ".join(
            f"{host} throttles ({slow[host]:.2g}/s)" for host in sorted(slow, key=slow.__getitem__)[:3]
        )

    def _begin(self, host: str, at: float) -> _Limit | None:
        """Return the limit that the configuration has for a host, if any."""
        rate = self._rates.get(host, self._others)
        if not rate:
            return None
        if len(self._limits) >= self._most:
            self._limits = {name: limit for name, limit in self._limits.items() if not limit.idle(at)}
            self._most = max(_FORGET_ABOVE_HOSTS, 2 * len(self._limits))
        limit = self._limits[host] = _Limit(rate, at, top=rate, lifted=float("inf"))
        return limit

    def _lift(self, host: str, limit: _Limit) -> None:
        limit.bucket.rate = min(limit.bucket.rate * _CLIMB_FACTOR, limit.top)
        if limit.bucket.rate > limit.lifted:
            del self._limits[host]

    def _slow_down(self, host: str, at: float) -> None:
        limit = self._limits.get(host) or self._begin(host, at)
        if limit is None:
            pace = max(_MIN_MAILS_PER_SECOND, self._pace(host, at) / 2)
            limit = self._limits[host] = _Limit(pace, at, top=float("inf"), lifted=4 * pace)
        elif at - limit.throttled_at >= _IGNORE_REPEATS_SECONDS:
            untouched = limit.bucket.rate == limit.top  # and perhaps more than what was really sent
            rate = min(limit.bucket.rate, self._pace(host, at)) if untouched else limit.bucket.rate
            limit.bucket.rate = max(_MIN_MAILS_PER_SECOND, rate / 2)
        else:
            return
        limit.throttled_at = at

    def _pace(self, host: str, at: float) -> float:
        """Return how many messages a second this host was handed lately."""
        return max(self._paces.get(host, 0.0), self._counts[host] / max(1.0, at - self._since))

    def _measure(self, at: float) -> None:
        self._paces = {host: n / (at - self._since) for host, n in self._counts.items()}
        self._counts.clear()
        self._since = at
        self._hosts.age(at)
        for host, limit in list(self._limits.items()):
            if limit.throttled_at > 0 and at - limit.throttled_at > _FORGET_AFTER_SECONDS:
                del self._limits[host]
