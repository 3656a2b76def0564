"""How an edition goes on after it was opened: paused, resumed, cancelled, given up, finished."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import exists, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import UsageError
from digest.model import Edition, EditionStatus, State
from digest.store.columns import unindexed
from digest.store.database import Database
from digest.store.editions import CANCELLED, by_name
from digest.store.schema import CLAIMABLE, IN_FLIGHT, delivery, edition

_CHANGES: dict[str, tuple[tuple[EditionStatus, ...], EditionStatus]] = {
    "pause": ((EditionStatus.SENDING,), EditionStatus.PAUSED),
    "resume": ((EditionStatus.PAUSED,), EditionStatus.SENDING),
    "cancel": ((EditionStatus.SENDING, EditionStatus.PAUSED), EditionStatus.CANCELLED),
}


async def set_status(
    db: Database, name: str, change: Literal["pause", "resume", "cancel"], now: datetime, *, reason: str = ""
) -> Edition:
    """Pause, resume or cancel an edition; raises UsageError where its state does not allow it.

    Processes that deliver it notice within a second. What they are handing over at that moment still goes out.
    """
    allowed, status = _CHANGES[change]
    before = await by_name(db, name)
    async with db.begin() as conn:
        values: dict[str, Any] = {"status": status, "reason": reason}
        if status is EditionStatus.CANCELLED:
            values["closed_at"] = now
        changed = await conn.execute(
            update(edition).where(edition.c.id == before.id, edition.c.status.in_(allowed)).values(**values)
        )
        if changed.rowcount == 0:
            raise UsageError(f"edition {before.name} is {before.status.value}: it cannot be {_PAST[change]}")
        if status is EditionStatus.CANCELLED:
            await skip_rest(conn, before.id, CANCELLED, now)
    return await by_name(db, before.name)


_PAST = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}


async def skip_rest(conn: AsyncConnection, edition_id: int, reason: str, now: datetime) -> int:
    """Give up what nobody has in hand; return how many readers that leaves out."""
    result = await conn.execute(
        update(delivery)
        .where(delivery.c.edition_id == edition_id, CLAIMABLE)
        .values(state=State.SKIPPED, reason=reason, not_before=null(), at=now)
    )
    return result.rowcount


async def sweep(conn: AsyncConnection, edition_ids: Collection[int], now: datetime) -> None:
    """Skip what came back to those of these editions that are cancelled."""
    cancelled = select(edition.c.id).where(
        edition.c.id.in_(edition_ids), edition.c.status == EditionStatus.CANCELLED
    )
    for edition_id in (await conn.scalars(cancelled)).all():
        await skip_rest(conn, edition_id, CANCELLED, now)


async def finish(conn: AsyncConnection, edition_id: int, now: datetime, *, reason: str = "") -> bool:
    """Close an edition that has nothing open any more; tell whether this call closed it."""
    waiting = exists().where(delivery.c.edition_id == edition_id, CLAIMABLE)
    in_hand = exists().where(unindexed(delivery.c.edition_id) == edition_id, IN_FLIGHT)
    result = await conn.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.status == EditionStatus.SENDING, ~waiting, ~in_hand)
        .values(status=EditionStatus.SENT, closed_at=now, reason=reason)
    )
    return result.rowcount > 0
