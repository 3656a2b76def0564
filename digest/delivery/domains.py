"""Go easy on a mail host that asks for it: one that throttles us gets a rate of its own.

Without a complaint there is no limit. An answer like 421 or 4.7.x halves the pace at which this host's readers are
mailed; every mail that is taken lets it climb again, until nobody feels the limit any more. Who has to wait for it goes
back into the queue with a time of its own, so that the other readers are not held up.
"""

from __future__ import annotations

from collections import Counter

from digest.delivery.pacing import Bucket
from digest.delivery.retry import THROTTLED, cause
from digest.model import Deferred, Outcome, Sent

_LEAST = 1 / 60  # messages a second: one a minute is tried even where nothing gets through
_PAUSE = 5.0  # seconds for which further complaints say only what the first one said
_WINDOW = 5.0  # seconds over which a host's pace is measured
_CLIMB = 1.02  # every mail that is taken lifts the limit by this

#: Mailbox hosts with several names; their limits are for all of them together.
_SAME = {
    "googlemail.com": "gmail.com",
    "hotmail.com": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "ymail.com": "yahoo.com",
    "rocketmail.com": "yahoo.com",
    "aol.com": "yahoo.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}


def host_of(address: str) -> str:
    """Return the name under which an address's mail host is counted."""
    domain = address.rpartition("@")[2].lower()
    return _SAME.get(domain, domain)


class _Limit:
    """The rate of a host that complained, and when the next of those who wait for it may come."""

    def __init__(self, rate: float, at: float) -> None:
        self.bucket = Bucket(rate)
        self.lifted = 4 * rate  # at this rate it is not a limit any more
        self.complained_at = at
        self.next_at = at


class Domains:
    """Watches the answers of mail hosts and says who may be mailed now; times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._limits: dict[str, _Limit] = {}
        self._since = 0.0
        self._counts: Counter[str] = Counter()  # handed over since then, by host
        self._paces: dict[str, float] = {}  # the same of the window before, a second

    def note(self, address: str, outcome: Outcome, at: float) -> None:
        """Take in an answer."""
        self._measure(at)
        host = host_of(address)
        self._counts[host] += 1
        if isinstance(outcome, Deferred) and cause(outcome.code, outcome.reply) is THROTTLED:
            self._slow_down(host, at)
        elif isinstance(outcome, Sent) and (limit := self._limits.get(host)):
            limit.bucket.rate *= _CLIMB
            if limit.bucket.rate > limit.lifted:
                del self._limits[host]

    def delay(self, address: str, at: float) -> float:
        """Return 0 if this reader may be mailed now, else the seconds to wait, which are then reserved."""
        if not self._limits or not (limit := self._limits.get(host_of(address))):
            return 0.0
        if limit.bucket.free(at) > 0:
            limit.bucket.take(1, at)
            return 0.0
        limit.next_at = max(limit.next_at, at) + 1 / limit.bucket.rate
        return limit.next_at - at

    def _slow_down(self, host: str, at: float) -> None:
        limit = self._limits.get(host)
        if limit is None:
            pace = max(self._paces.get(host, 0.0), self._counts[host] / max(1.0, at - self._since))
            self._limits[host] = _Limit(max(_LEAST, pace / 2), at)
        elif at - limit.complained_at >= _PAUSE:
            limit.complained_at = at
            limit.bucket.rate = max(_LEAST, limit.bucket.rate / 2)

    def _measure(self, at: float) -> None:
        if at - self._since >= _WINDOW:
            self._paces = {host: n / (at - self._since) for host, n in self._counts.items()}
            self._counts.clear()
            self._since = at
