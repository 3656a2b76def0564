"""The changes that one sync collects and then writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery.limits.streaks import Row
from digest.delivery.queue.jobs import ReadyDelivery
from digest.delivery.queue.sender_queue import SenderQueue
from digest.model import Delivery, Outcome


@dataclass(slots=True)
class PendingChanges:
    """The changes of one sync; all are written if its transaction succeeds."""

    results: list[tuple[ReadyDelivery, Outcome]] = field(default_factory=list)
    back: list[Delivery] = field(default_factory=list)
    chosen: list[tuple[SenderQueue, list[Delivery]]] = field(default_factory=list)
    later: list[tuple[Delivery, datetime]] = field(default_factory=list)  # their mail hosts want them slower
    rows: list[tuple[SenderQueue, Row]] = field(default_factory=list)  # of answers that are taken back

    @property
    def to_mark(self) -> list[Delivery]:
        return [delivery for _, chosen in self.chosen for delivery in chosen]
