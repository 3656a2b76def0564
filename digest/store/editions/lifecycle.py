"""How an edition goes on after it was opened: paused, resumed, cancelled, given up, finished, opened again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, delete, exists, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import DigestError, UsageError
from digest.model import SKIPPED, Edition, EditionStatus, State
from digest.store.db.database import Database
from digest.store.db.schema.columns import unindexed
from digest.store.db.schema.tables import CLAIMABLE, IN_FLIGHT, delivery, edition, in_states
from digest.store.editions import decisions
from digest.store.editions.editions import CANCELLED, by_name
from digest.store.ledger.claims import BACK, FREE

#: Why a reader does not get an edition that took too long; `deliveries.given_up` counts them.
DEADLINE = "the edition's deadline had passed"

#: Readers who have a mail, may have it, or may be getting it at this moment.
REACHED = or_(
    in_states(State.SENT, State.UNKNOWN, State.CLAIMED, State.SENDING), delivery.c.doubted_at.is_not(None)
)

_CHANGES: dict[str, tuple[tuple[EditionStatus, ...], EditionStatus]] = {
    "pause": ((EditionStatus.SENDING,), EditionStatus.PAUSED),
    "resume": ((EditionStatus.PAUSED,), EditionStatus.SENDING),
    "cancel": ((EditionStatus.SENDING, EditionStatus.PAUSED), EditionStatus.CANCELLED),
}


class DeadlinePassedError(DigestError):
    """An edition would be given up at once if it went on with the deadline that it has."""


async def set_status(
    db: Database,
    name: str,
    change: Literal["pause", "resume", "cancel"],
    now: datetime,
    *,
    reason: str = "",
    deadline: datetime | None = None,
) -> Edition:
    """Pause, resume or cancel an edition; raises UsageError where its state does not allow it.

    What a process has claimed and not begun to send is put back, or given up, at once; what it is handing over at that
    moment still goes out. Who resumes may give another `deadline`; raises DeadlinePassedError if it is over.
    """
    allowed, status = _CHANGES[change]
    before = await by_name(db, name)
    async with db.begin() as conn:
        values: dict[str, Any] = {"status": status, "reason": reason}
        if status is EditionStatus.CANCELLED:
            values["closed_at"] = now
        if change == "resume":
            values["deadline"] = deadline or before.deadline
        changed = await conn.execute(
            update(edition).where(edition.c.id == before.id, edition.c.status.in_(allowed)).values(**values)
        )
        if changed.rowcount == 0:
            raise UsageError(f"edition {before.name} is {before.status.value}: it cannot be {_PAST[change]}")
        if change == "resume" and values["deadline"] and values["deadline"] <= now:
            raise DeadlinePassedError(f"the deadline of {before.name} has passed")  # which undoes the change
        if change != "resume":
            await _put_back(conn, before.id)
        if status is EditionStatus.CANCELLED:
            await skip_rest(conn, before.id, CANCELLED, now)
            await give_back(conn, before.id)
    return await by_name(db, before.name)


_PAST = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}


async def _put_back(conn: AsyncConnection, edition_id: int) -> None:
    """Take away from every process what it has claimed and not begun to send: it cannot mark these any more."""
    await conn.execute(
        update(delivery)
        .where(IN_FLIGHT, unindexed(delivery.c.edition_id) == edition_id, in_states(State.CLAIMED))
        .values(state=BACK, **FREE)
    )


async def reopen(conn: AsyncConnection, edition_id: int, deadline: datetime | None) -> None:
    """Reopen a finished or cancelled edition, so that its queued deliveries are sent; a paused one stays paused.

    The deadline is put off to this one where it is earlier. Raises UsageError for one that was remade.
    """
    if successor := await conn.scalar(select(edition.c.remade_as).where(edition.c.id == edition_id)):
        raise UsageError(
            f"it was remade as {successor}, which goes to all who have not got it: name that one"
        )
    closed = [EditionStatus.SENT, EditionStatus.CANCELLED]
    this = edition.c.id == edition_id
    await conn.execute(
        update(edition)
        .where(this, edition.c.status.in_(closed))
        .values(status=EditionStatus.SENDING, closed_at=null(), reason="")
    )
    await decisions.settle(conn, edition_id)
    if deadline:
        earlier = edition.c.deadline < deadline
        await conn.execute(update(edition).where(this, earlier).values(deadline=deadline))


async def skip_rest(conn: AsyncConnection, edition_id: int, reason: str, now: datetime) -> int:
    """Give up every delivery that no process holds; return how many readers that leaves out."""
    result = await conn.execute(
        update(delivery)
        .where(delivery.c.edition_id == edition_id, CLAIMABLE)
        .values(state=State.SKIPPED, reason=reason, not_before=null(), at=now)
    )
    return result.rowcount


async def unswept(conn: AsyncConnection) -> list[int]:
    """Return the editions that are cancelled and to which something has come back since."""
    waiting = exists().where(delivery.c.edition_id == edition.c.id, CLAIMABLE)
    cancelled = edition.c.status == EditionStatus.CANCELLED
    return list(await conn.scalars(select(edition.c.id).where(cancelled, waiting)))


async def sweep(conn: AsyncConnection, edition_ids: Collection[int], now: datetime) -> None:
    """Skip what came back to those of these editions that are cancelled."""
    cancelled = select(edition.c.id).where(
        edition.c.id.in_(edition_ids), edition.c.status == EditionStatus.CANCELLED
    )
    for edition_id in (await conn.scalars(cancelled)).all():
        await skip_rest(conn, edition_id, CANCELLED, now)
        await give_back(conn, edition_id)


async def give_back(conn: AsyncConnection, edition_id: int) -> None:
    """Free the stories of a cancelled edition for the next one, if no reader got it or still may get it."""
    if not await conn.scalar(select(exists().where(delivery.c.edition_id == edition_id, REACHED))):
        await decisions.free(conn, edition_id, reached=False)


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


async def forget_early(db: Database, now: datetime) -> list[str]:
    """Forget that slots were skipped which have not come yet, and return their editions' names.

    They were skipped by a clock that was ahead, or in a trial with a pretended time.
    """
    early = and_(edition.c.status.in_(SKIPPED), edition.c.due > now)
    async with db.connect() as conn:
        if not (await conn.scalars(select(edition.c.name).where(early))).all():
            return []
    async with db.begin() as conn:
        return list(await conn.scalars(delete(edition).where(early).returning(edition.c.name)))
