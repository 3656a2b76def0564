"""Undo results that were recorded for readers but were the sender's fault: queue again, do not count the attempts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, case, exists, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import EditionStatus, State
from digest.store.db import bulk
from digest.store.db.schema.tables import delivery, edition, in_states
from digest.store.ledger import refusals

REASON = "queued again: what was said of it was about the sender"

_RECORDED = in_states(State.REFUSED, State.DEFERRED)


async def since_the_last_mail(conn: AsyncConnection, edition_id: int, since: datetime) -> datetime:
    """Return when an edition's last mail was taken, or it was opened; `since` where that is earlier."""
    sent = select(func.max(delivery.c.at)).where(delivery.c.edition_id == edition_id, in_states(State.SENT))
    opened = select(edition.c.opened_at).where(edition.c.id == edition_id)
    last = await conn.scalar(sent) or await conn.scalar(opened)
    return min(since, last) if last else since


async def take_back(
    conn: AsyncConnection,
    edition_id: int,
    fits: Callable[[str, int], bool],
    *,
    since: datetime,
    not_before: datetime | None,
) -> int:
    """Queue readers again whose refusals and deferrals since a moment `fits` (reply, code), whoever recorded them.

    They can be claimed from `not_before` on, so that others are tried first. Suppressions that came of it are lifted.
    An edition that was closed with them goes on. Returns the number of readers.
    """
    query = select(delivery.c.id, delivery.c.reply, delivery.c.code)
    found = await conn.execute(
        query.where(delivery.c.edition_id == edition_id, _RECORDED, delivery.c.at >= since).with_for_update()
    )
    rows = [row for row in found if fits(row.reply or "", row.code or 0)]
    if not rows:
        return 0
    dialect = conn.dialect.name
    await conn.execute(
        update(delivery)
        .where(bulk.in_values_parameter(dialect, delivery.c.id, "ids"), _RECORDED)
        .values(
            state=State.QUEUED.value,
            reason=REASON,
            code=null(),
            not_before=not_before,
            attempts=_one_less(delivery.c.attempts),
        ),
        {"ids": bulk.numbers(dialect, [row.id for row in rows])},
    )
    await conn.execute(
        update(edition)
        .where(edition.c.id == edition_id, edition.c.status == EditionStatus.SENT)
        .values(status=EditionStatus.SENDING, closed_at=null(), reason="")
    )
    await refusals.withdrawing(dialect, [row.id for row in rows]).on(conn)
    return len(rows)


def _one_less(count: ColumnElement[int]) -> ColumnElement[int]:
    return case((count > 0, count - 1), else_=0)


async def reached_nobody(conn: AsyncConnection, edition_id: int) -> int:
    """Return how many readers of an edition were refused if no reader got it or may have got it, else 0."""
    of_it = delivery.c.edition_id == edition_id
    got = exists().where(of_it, or_(in_states(State.SENT, State.UNKNOWN), delivery.c.doubted_at.is_not(None)))
    if await conn.scalar(select(got)):
        return 0
    refused = select(func.count()).select_from(delivery).where(of_it, in_states(State.REFUSED))
    return int(await conn.scalar(refused) or 0)


async def hold(conn: AsyncConnection, edition_id: int, reason: str) -> None:
    """Leave a closed edition to a person."""
    await conn.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(status=EditionStatus.PAUSED, closed_at=null(), reason=reason)
    )


async def go_on(conn: AsyncConnection, edition_id: int) -> None:
    """Open a closed edition again."""
    await conn.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(status=EditionStatus.SENDING, closed_at=null(), reason="")
    )
