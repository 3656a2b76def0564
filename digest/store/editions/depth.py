"""How much lies in the queue: asked of the open editions and of partial indexes alone, however long the ledger is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from digest.model import EditionStatus
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import CLAIMABLE, IN_FLIGHT, delivery, edition


@dataclass(slots=True, kw_only=True)
class Depth:
    """The open editions of a newsletter, and their deliveries that have no final state."""

    due: int = 0  # can be sent now
    waiting: int = 0  # tried again later
    in_flight: int = 0  # in the hands of a process
    paused: int = 0  # of editions that wait for a person
    sending_editions: int = 0
    paused_editions: int = 0
    #: Since when the oldest edition is being sent; what waits for a reader's hour counts from that hour.
    oldest: datetime | None = None


async def depth(db: Database, now: datetime) -> Mapping[str, Depth]:
    """Return the depth of the queue by newsletter; newsletters without an open edition are missing."""
    is_open = edition.c.status.in_([EditionStatus.SENDING.value, EditionStatus.PAUSED.value])
    is_due = or_(delivery.c.not_before.is_(None), delivery.c.not_before <= now)
    for_later = and_(  # untried, and not before a time: a reader's hour, or the canary's
        delivery.c.attempts == 0, delivery.c.code.is_(None), delivery.c.not_before.is_not(None)
    )
    found: defaultdict[str, Depth] = defaultdict(Depth)
    async with db.connect() as conn:
        of_edition = select(edition.c.id, edition.c.newsletter, edition.c.status, edition.c.opened_at)
        editions = {row.id: row for row in await conn.execute(of_edition.where(is_open))}
        queued = (
            select(
                delivery.c.edition_id,
                func.count().label("all"),
                func.count().filter(is_due).label("due"),
                func.count().filter(~for_later).label("since_opened"),
                func.min(delivery.c.not_before).filter(and_(for_later, is_due)).label("since_hour"),
            )
            .where(in_values(conn, delivery.c.edition_id, editions), CLAIMABLE)
            .group_by(delivery.c.edition_id)
        )
        taken = select(delivery.c.edition_id, func.count()).where(IN_FLIGHT).group_by(delivery.c.edition_id)
        counts = {row.edition_id: row for row in await conn.execute(queued)} if editions else {}
        in_flight = {row[0]: row[1] for row in await conn.execute(taken)} if editions else {}
    for id_, row in editions.items():
        found_rows = counts.get(id_)
        claimable, due = (found_rows.all, found_rows.due) if found_rows else (0, 0)
        one = found[row.newsletter]
        one.in_flight += in_flight.get(id_, 0)
        if row.status == EditionStatus.PAUSED:
            one.paused_editions += 1
            one.paused += claimable
            continue
        one.sending_editions += 1
        one.due, one.waiting = one.due + due, one.waiting + claimable - due
        since = row.opened_at
        if found_rows and not found_rows.since_opened:
            since = found_rows.since_hour
        one.oldest = min(filter(None, (one.oldest, since)), default=None)
    return found
