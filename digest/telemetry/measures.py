"""Measures: what this process has done since it started, as counters and histograms.

They are plain numbers of one thread without a lock, so that a loop which sends thousands of mails a second can afford
them. `digest.web.ops.metrics` shows them to Prometheus. Labels are names from the configuration and words of this
program: never an address, a link or anything else that a reader or a server has said.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name (a counter's without "_total"), what it tells, its labels; a histogram's bounds in seconds."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_NETWORK = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LATE = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 10800.0, 43200.0)

RESULTS = Family(
    "digest_deliveries",
    "Answers about copies: sent, deferred, refused, unknown, unsent (not handed over, tried again).",
    ("newsletter", "sender", "result"),
)
SEND_SECONDS = Family(
    "digest_send_seconds",
    "From the moment that a sender takes a copy until its answer is known.",
    ("sender",),
    _NETWORK,
)
CLAIM_SECONDS = Family("digest_claim_seconds", "Claiming a page of the queue.", (), _SHORT)
RECORD_SECONDS = Family(
    "digest_record_seconds", "Writing answers and marks into the ledger, one transaction.", (), _SHORT
)
FETCHES = Family(
    "digest_fetches", "Visits to sources: new, unchanged (nothing new), failed.", ("kind", "result")
)
FETCH_SECONDS = Family("digest_fetch_seconds", "One visit to one source.", ("kind",), _NETWORK)
EDITIONS = Family(
    "digest_editions", "Slots decided by this process, by what became of them.", ("newsletter", "status")
)
LATENESS = Family(
    "digest_edition_lateness_seconds",
    "From the time of a slot until its edition was open to its readers.",
    ("newsletter",),
    _LATE,
)
REQUESTS = Family("digest_http_requests", "Requests for pages.", ("page", "method", "status"))
REQUEST_SECONDS = Family("digest_http_request_seconds", "Answering a request.", ("page",), _SHORT)

COUNTERS = (RESULTS, FETCHES, EDITIONS, REQUESTS)
HISTOGRAMS = (SEND_SECONDS, CLAIM_SECONDS, RECORD_SECONDS, FETCH_SECONDS, LATENESS, REQUEST_SECONDS)


class Histogram:
    """How many values lie below each bound and above the one before it, and their sum."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last is for what lies above all bounds
        self.sum = 0.0

    def add(self, values: Iterable[float]) -> None:
        counts, bounds = self.counts, self._bounds
        for value in values:
            counts[bisect_left(bounds, value)] += 1
            self.sum += value


class Measures:
    """The counters and histograms of one process; a label set appears when it is first counted."""

    def __init__(self) -> None:
        self.counters: dict[Family, dict[tuple[str, ...], int]] = {family: {} for family in COUNTERS}
        self.histograms: dict[Family, dict[tuple[str, ...], Histogram]] = {
            family: {} for family in HISTOGRAMS
        }

    def count(self, family: Family, *labels: str, n: int = 1) -> None:
        """Add `n` to a counter."""
        values = self.counters[family]
        values[labels] = values.get(labels, 0) + n

    def decided(self, newsletter: str, status: str, after: timedelta) -> None:
        """Note what became of a slot so long after its time; that is the lateness of an edition that is sent."""
        self.count(EDITIONS, newsletter, status)
        if status == "sending":
            self.observe(LATENESS, (max(0.0, after.total_seconds()),), newsletter)

    def observe(self, family: Family, values: Collection[float], *labels: str) -> None:
        """Add values, in seconds, to a histogram."""
        known = self.histograms[family]
        if labels not in known:
            known[labels] = Histogram(family.bounds)
        known[labels].add(values)
