"""Count what a sender answers, and how long it took, for the measures: a little work per copy, the rest once a sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from digest.model import Outcome
from digest.telemetry.measures import RESULTS, SEND_SECONDS, Measures

_CLOSED = "closed"  # stands for the newsletter of an edition that is not open any more


class Answers:
    """The answers of one sender that the measures have not taken yet."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, type[Outcome]]] = Counter()
        self._seconds: list[float] = []

    def note(self, edition_id: int, outcome: Outcome, seconds: float) -> None:
        """Note what came of a copy, and how long after the sender took it."""
        self._counts[edition_id, type(outcome)] += 1
        self._seconds.append(seconds)

    def measure(self, sender: str, newsletters: Mapping[int, str], measures: Measures) -> None:
        """Hand over to the measures what was noted; `newsletters` has those of the open editions."""
        if not self._seconds:
            return
        for (edition_id, kind), n in self._counts.items():
            newsletter = newsletters.get(edition_id, _CLOSED)
            measures.count(RESULTS, newsletter, sender, kind.__name__.lower(), n=n)
        measures.observe(SEND_SECONDS, self._seconds, sender)
        self._counts.clear()
        self._seconds.clear()
