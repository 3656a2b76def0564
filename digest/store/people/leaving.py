"""Leave, and what follows: undo it, pause instead, and count why, without a word on who said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import LeavingReason
from digest.model import SubscriptionStatus as Status
from digest.store.db.database import Database
from digest.store.db.schema.people import leaving_reason
from digest.store.db.schema.tables import reader, subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A subscription as its own pages need to know it; `left_as` is what undoing would bring back, "" for nothing."""

    id: int
    newsletter: str
    address: str  # "" once the reader is forgotten
    language: str
    status: Status
    since: datetime
    left_as: str
    left_told: bool
    paused_until: datetime | None


async def find(conn: AsyncConnection, subscription_id: int) -> Standing | None:
    """Return how a subscription stands; None where there is no such subscription."""
    row = (await conn.execute(_STANDING.where(subscription.c.id == subscription_id))).mappings().one_or_none()
    return Standing(**{**row, "status": Status(row["status"])}) if row else None


#: What a subscription is when it has ended, for an UPDATE: its former status is kept, so that leaving can be undone.
ENDED: dict[str, Any] = {"status": Status.UNSUBSCRIBED, "left_as": subscription.c.status, "left_told": False}


async def leave(conn: AsyncConnection, subscription_id: int, now: datetime) -> None:
    """End a subscription, in the caller's transaction."""
    await conn.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id, subscription.c.status != Status.UNSUBSCRIBED)
        .values(**ENDED, since=now)
    )


async def undo(conn: AsyncConnection, subscription_id: int, left_since: datetime, now: datetime) -> None:
    """Bring a confirmed subscription back that was left at `left_since` or later; all others stay as they are."""
    await conn.execute(
        update(subscription)
        .where(
            subscription.c.id == subscription_id,
            subscription.c.status == Status.UNSUBSCRIBED,
            subscription.c.left_as == Status.CONFIRMED,
            subscription.c.since >= left_since,
        )
        .values(status=Status.CONFIRMED, since=now, left_as="")
    )


async def pause(conn: AsyncConnection, subscription_id: int, until: datetime) -> None:
    """Send nothing to a confirmed subscription until a moment."""
    await conn.execute(
        update(subscription)
        .where(subscription.c.id == subscription_id, subscription.c.status == Status.CONFIRMED)
        .values(paused_until=until)
    )


async def count_reason(
    conn: AsyncConnection, subscription_id: int, reason: LeavingReason, now: datetime
) -> None:
    """Count why a reader has left, once for each time of leaving; nothing says whose answer it was."""
    newsletter = await conn.scalar(
        update(subscription)
        .where(
            subscription.c.id == subscription_id,
            subscription.c.status == Status.UNSUBSCRIBED,
            subscription.c.left_told.is_(False),
        )
        .values(left_told=True)
        .returning(subscription.c.newsletter)
    )
    if newsletter is not None:
        row = insert(leaving_reason).values(
            newsletter=newsletter, month=f"{now:%Y-%m}", reason=reason, readers=1
        )
        await conn.execute(
            row.on_conflict_do_update(
                index_elements=["newsletter", "month", "reason"],
                set_={"readers": leaving_reason.c.readers + 1},
            )
        )


async def reasons(db: Database, newsletter: str, since_month: str) -> dict[LeavingReason, int]:
    """Return how many readers gave each reason since a month ("2026-03")."""
    query = (
        select(leaving_reason.c.reason, func.sum(leaving_reason.c.readers))
        .where(leaving_reason.c.newsletter == newsletter, leaving_reason.c.month >= since_month)
        .group_by(leaving_reason.c.reason)
    )
    async with db.connect() as conn:
        return {LeavingReason(reason): int(count) for reason, count in await conn.execute(query)}


_STANDING = select(
    *(subscription.c.id, subscription.c.newsletter, reader.c.address, reader.c.language),
    *(subscription.c.status, subscription.c.since, subscription.c.left_as, subscription.c.left_told),
    subscription.c.paused_until,
).join_from(subscription, reader)
