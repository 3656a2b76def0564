"""What a run has in hand beside its queues: rows that are claimed, rows that go back, results to be written."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from digest.delivery.queue.jobs import ReadyDelivery
from digest.model import Delivery, Outcome


@dataclass(slots=True)
class InHand:
    """`unknown_claims`: the ledger may hold rows as claimed by us that are not among these."""

    claimed: deque[Delivery] = field(default_factory=deque)  # not sent yet: they may go back at any time
    back: list[Delivery] = field(default_factory=list)  # put back with the next sync
    results: list[tuple[ReadyDelivery, Outcome]] = field(default_factory=list)
    unknown_claims: bool = False

    @property
    def busy(self) -> bool:
        return bool(self.claimed or self.pressing)

    @property
    def pressing(self) -> bool:
        """Whether the next sync has something to write, whatever the senders can take."""
        return bool(self.back or self.results or self.unknown_claims)

    def put_back(self, edition_id: int | None = None) -> None:
        """Put back, with the next sync, what is claimed: of one edition, or of all."""
        wanted = [row for row in self.claimed if edition_id is None or row.edition_id == edition_id]
        self.back += wanted
        self.claimed = deque(row for row in self.claimed if edition_id not in (None, row.edition_id))
