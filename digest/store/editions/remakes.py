"""Remake an edition that was wrong, for the readers who have not got it and for no others.

One transaction ends the old edition, takes its slot, and opens the new one for the readers that are left. The unique key
of slots lets one of several callers win, and the ledger's keys keep the readers apart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import UsageError
from digest.model import NO_VARIANTS, Edition, EditionStatus, Mail, Plan, State, Variants
from digest.store.db.database import Database
from digest.store.db.schema.tables import (
    delivery,
    edition,
    in_states,
    reader,
    subscription,
    suppression,
)
from digest.store.editions import decisions, editions, lifecycle, making
from digest.store.editions.canaries import CanaryPlan
from digest.store.ledger import leases
from digest.store.people import audience

_OPEN = in_states(State.QUEUED, State.DEFERRED, State.CLAIMED, State.SENDING)
_CERTAIN = delivery.c.doubted_at.is_(None)
_LEFT = and_(in_states(State.QUEUED, State.DEFERRED, State.REFUSED, State.SKIPPED), _CERTAIN)
_CLAIMED = and_(in_states(State.CLAIMED), _CERTAIN)  # and not begun to send: pausing the edition releases it
_IN_HAND = in_states(State.SENDING)


class InHand(Exception):
    """Mails of the old edition are being handed over at this moment: it is not known yet who has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a new edition would reach: those who are `left`; who has had the old one, and who cannot be mailed now."""

    left: int
    had: int  # sent, or perhaps
    in_hand: int  # being handed over
    away: int  # left, but unsubscribed, suppressed or forgotten since


async def reach(db: Database, old: Edition) -> Reach:
    """Return whom an edition would reach that is made in the place of `old` now."""
    of_old = delivery.c.edition_id == old.id
    async with db.connect() as conn:
        counts = select(
            func.count().filter(or_(_LEFT, _CLAIMED)),
            func.count().filter(not_(or_(_LEFT, _CLAIMED, _IN_HAND))),
            func.count().filter(_IN_HAND),
        ).where(of_old)
        left, had, in_hand = (await conn.execute(counts)).one()
        suppressed = select(suppression.c.key).where(suppression.c.key == reader.c.key).exists()
        reached = await conn.scalar(
            select(func.count())
            .select_from(subscription.join(reader))
            .where(audience.subscribed(old.newsletter), ~suppressed, _is_left(old.id, or_(_LEFT, _CLAIMED)))
        )
    return Reach(left=reached or 0, had=had, in_hand=in_hand, away=left - (reached or 0))


async def take_place(
    db: Database,
    old: Edition,
    plan: Plan,
    mail: Mail,
    now: datetime,
    *,
    deadline: datetime | None = None,
    first: CanaryPlan | None = None,
    variants: Variants = NO_VARIANTS,
) -> Edition:
    """End `old` and make the edition of `plan` in its place, for the readers who have not got it.

    Raises UsageError if another process did so first, and InHand while mails of the old one are being handed over; then
    nothing has changed.
    """
    async with db.begin() as conn:
        name = await _next_name(conn, old)
        await _give_way(conn, old, name, now)
        await lifecycle.skip_rest(conn, old.id, f"the edition was remade as {name}", now)
        # In one look: what comes back from a process that had it in hand must be seen either there or here.
        if await conn.scalar(select(func.count()).where(delivery.c.edition_id == old.id, _OPEN)):
            raise InHand
        row = await making.put(
            conn,
            plan,
            mail,
            now,
            deadline=deadline,
            first=first,
            name=name,
            in_values=_is_left(old.id),
            variants=variants,
        )
        assert row is not None, "the slot was given up a moment ago"
        reached = await conn.scalar(
            select(func.count()).where(delivery.c.edition_id == old.id, lifecycle.REACHED)
        )
        await decisions.free(conn, old.id, reached=bool(reached))
        return editions.read(row)


async def take_back(db: Database, old: Edition, gone: Collection[str], now: datetime) -> None:
    """Take back what processes that are `gone` had in hand of an edition: what may have been sent is in doubt."""
    async with db.begin() as conn:
        for holder in await leases.holders(conn):
            if holder.edition_id == old.id and holder.owner in gone:
                await leases.recover(conn, holder, resend=False, now=now)


async def holding(db: Database, old: Edition) -> list[leases.Holder]:
    """Return the processes that have mails of an edition in hand."""
    async with db.connect() as conn:
        return [holder for holder in await leases.holders(conn) if holder.edition_id == old.id]


def _is_left(edition_id: int, which: ColumnElement[bool] = _LEFT) -> ColumnElement[bool]:
    """Return the condition on a subscription that its reader should have got an edition and has not."""
    theirs = select(delivery.c.reader_id).where(delivery.c.edition_id == edition_id, which)
    return subscription.c.reader_id.in_(theirs)


async def _next_name(conn: AsyncConnection, old: Edition) -> str:
    of_slot = and_(edition.c.newsletter == old.newsletter, edition.c.slot == old.slot)
    count = await conn.scalar(select(func.count()).where(of_slot))
    return f"{making.name_of(old.newsletter, old.slot)}-{(count or 0) + 1}"


async def _give_way(conn: AsyncConnection, old: Edition, name: str, now: datetime) -> None:
    """Let an edition give up its slot, once; raises UsageError if it has done so."""
    is_open = edition.c.status.in_([EditionStatus.SENDING.value, EditionStatus.PAUSED.value])
    values = {
        "remade_as": name,
        "reason": f"remade as {name}",
        "status": case((is_open, EditionStatus.CANCELLED.value), else_=edition.c.status),
        "closed_at": func.coalesce(edition.c.closed_at, now),
    }
    mine = and_(edition.c.id == old.id, edition.c.remade_as == "")
    if not (await conn.execute(update(edition).where(mine).values(**values))).rowcount:
        known = await conn.scalar(select(edition.c.remade_as).where(edition.c.id == old.id))
        raise UsageError(f"{old.name} was remade already, as {known}")
