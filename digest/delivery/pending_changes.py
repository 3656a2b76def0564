"""What one turn of the clerk has taken up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery.limits.streaks import Row
from digest.delivery.queue.lanes import Lane
from digest.delivery.queue.parcels import ReadyDelivery
from digest.model import Delivery, Outcome


@dataclass(slots=True)
class Hand:
    """What a turn has taken up and will have written, if its transaction succeeds."""

    results: list[tuple[ReadyDelivery, Outcome]] = field(default_factory=list)
    back: list[Delivery] = field(default_factory=list)
    chosen: list[tuple[Lane, list[Delivery]]] = field(default_factory=list)
    later: list[tuple[Delivery, datetime]] = field(default_factory=list)  # their mail hosts want them slower
    rows: list[tuple[Lane, Row]] = field(default_factory=list)  # of answers that are taken back

    @property
    def to_mark(self) -> list[Delivery]:
        return [delivery for _, chosen in self.chosen for delivery in chosen]
