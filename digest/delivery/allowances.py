"""What senders have used of their long rates, kept in the ledger: processes share it, restarts change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from digest.delivery.lanes import Lane
from digest.delivery.pacing import SLOTS, Quota
from digest.store import quotas
from digest.store.changes import Change
from digest.store.database import Database


class Spent(NamedTuple):
    """What one sender has used of one rate, by slot, and what is not written down yet."""

    sender: str
    quota: Quota
    used: dict[int, int]

    def changes(self, dialect: str) -> Iterator[Change]:
        """Write it down, and forget slots that are over."""
        yield from quotas.using(dialect, self.sender, self.quota.name, self.used)
        yield quotas.forgetting(self.sender, self.quota.name, min(self.used) - 2 * SLOTS)


def spent(lanes: Iterable[Lane]) -> list[Spent]:
    """Return what was used since it was last written down."""
    return [
        Spent(lane.name, quota, used)
        for lane in lanes
        for quota in lane.pacer.quotas
        if (used := dict(quota.unsaved))
    ]


async def read(db: Database, lanes: Iterable[Lane], wall: float) -> None:
    """See what other processes, and we before, have used; `wall` is the time of the day in seconds."""
    for lane in lanes:
        for quota in lane.pacer.quotas:
            async with db.connect() as conn:
                quota.fill(await quotas.used(conn, lane.name, quota.name, quota.oldest(wall)))
