"""Rows that are claimed before they are sent, an equal share of every open edition."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from datetime import timedelta

from digest.clock import Clock
from digest.delivery.open_editions import OpenEditions
from digest.delivery.progress import Meter
from digest.model import Delivery
from digest.store.db.database import Database
from digest.store.ledger import claims

_MAX_CLAIMED_AT_ONCE = 500  # rows claimed in one sync, at most
_MAX_CLAIMED = 1000  # claimed rows that are not being sent yet, at most
_SECONDS_AHEAD = 1.0  # of work that is claimed ahead


class Claimed:
    """What is claimed and not marked: it can be put back at any time, and consent is asked again before it leaves."""

    def __init__(
        self,
        db: Database,
        open_editions: OpenEditions,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self.rows: deque[Delivery] = deque()
        self._db, self._open_editions, self._owner = db, open_editions, owner
        self._lease, self._clock, self._meter = lease, clock, meter

    def give_up(self, edition_id: int | None = None) -> list[Delivery]:
        """Take out what is to be put back: of one edition, or of all."""
        out = [row for row in self.rows if edition_id is None or row.edition_id == edition_id]
        self.rows = deque(row for row in self.rows if edition_id is not None and row.edition_id != edition_id)
        return out

    async def restock(self, editions: Collection[int], *, least: int, turned_away: int) -> None:
        """Claim what goes out within about a second; more of it while many have to wait for their hosts."""
        ahead = min(_MAX_CLAIMED, max(least, int(self._meter.pace * _SECONDS_AHEAD), 2 * turned_away))
        if len(self.rows) > ahead / 2:
            return
        share = min(_MAX_CLAIMED_AT_ONCE, ahead) // max(1, len(editions)) + 1
        for edition_id in editions:
            await self._claim(edition_id, share)

    async def _claim(self, edition_id: int, share: int) -> None:
        now = self._clock()
        async with self._db.begin() as conn:
            until = now + self._lease
            page, left = await claims.claim(conn, edition_id, self._owner, share, now=now, lease_until=until)
        if not page and not left:
            self._open_editions.exhausted.add(edition_id)
        self.rows.extend(page)
        self._meter.skipped(left)
