"""What people ask of the ledger: who got an edition, who did not, and why."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State
from digest.store.db.database import Database
from digest.store.db.schema.tables import CLAIMABLE, delivery, reader, subscription
from digest.store.editions.lifecycle import DEADLINE
from digest.store.ledger.claims import BY_CHOICE
from digest.store.ledger.leases import standing, why

_ROWS_PER_PAGE = 1000
_RECENT_TIME = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A row of the ledger as people read it."""

    reader_id: int
    address: str  # "" of a reader who was forgotten
    state: State
    attempts: int
    reason: str  # why it is in this state, in our words
    said: str  # by the other side
    not_before: datetime | None
    at: datetime | None
    doubted_at: datetime | None  # since when the reader may have had it from an attempt that gave no answer

    @property
    def doubted(self) -> bool:
        return self.doubted_at is not None

    @property
    def reply(self) -> str:
        """What there is to say about it, with the other side's words."""
        return in_words(self.reason, self.said, self.doubted_at)


def in_words(reason: str, said: str, doubted_at: datetime | None) -> str:
    """Say why a delivery is in its state: our own reason, else a doubt that is left, and the other side's words."""
    doubt = "may have been delivered before" if doubted_at else ""
    return "; ".join(dict.fromkeys(filter(None, (reason or doubt, said))))


def _rows(gone: Collection[str]) -> Select[Any]:
    return (
        select(
            delivery.c.reader_id,
            func.coalesce(reader.c.address, "").label("address"),
            standing(gone).label("state"),
            why(gone).label("reason"),
            delivery.c.attempts,
            func.coalesce(delivery.c.reply, "").label("said"),
            delivery.c.not_before,
            delivery.c.at,
            delivery.c.doubted_at,
        )
        .select_from(delivery.outerjoin(reader, reader.c.id == delivery.c.reader_id))
        .order_by(delivery.c.reader_id)
        .limit(_ROWS_PER_PAGE)
    )


async def rows(
    db: Database, edition_id: int, state: State | None = None, *, gone: Collection[str] = ()
) -> AsyncIterator[LedgerRow]:
    """Yield the deliveries of an edition in the order of its readers, of all states or of one.

    `unknown` means those who may have had it without our knowing, also where a later attempt succeeded. What owners that
    are `gone` had in hand is told as what it will become.
    """
    wanted = true() if state is None else standing(gone) == state.value
    if state is State.UNKNOWN:
        wanted = or_(wanted, delivery.c.doubted_at.is_not(None))
    async for row in _pages(db, edition_id, wanted, gone):
        yield row


async def missed(db: Database, edition_id: int, *, gone: Collection[str] = ()) -> AsyncIterator[LedgerRow]:
    """Yield the deliveries that did not arrive, may come later, or are in doubt; not those of a reader's own choice."""
    tried = [state.value for state in (State.DEFERRED, State.REFUSED, State.UNKNOWN, State.SKIPPED)]
    by_choice = func.coalesce(delivery.c.reason, "").startswith(BY_CHOICE, autoescape=True)
    wanted = or_(and_(standing(gone).in_(tried), ~by_choice), delivery.c.doubted_at.is_not(None))
    async for row in _pages(db, edition_id, wanted, gone):
        yield row


async def given_up(db: Database, edition_id: int) -> int:
    """Return how many readers do not get an edition because its deadline passed."""
    late = and_(delivery.c.state == State.SKIPPED, delivery.c.reason == DEADLINE)
    async with db.connect() as conn:
        query = select(func.count()).where(delivery.c.edition_id == edition_id, late)
        return int(await conn.scalar(query) or 0)


async def waiting_for_hour(db: Database, edition_id: int, now: datetime) -> int:
    """Return how many readers have not got an edition because the hour that they chose is still to come."""
    untried = and_(delivery.c.attempts == 0, delivery.c.code.is_(None), delivery.c.not_before > now)
    query = (
        select(func.count())
        .select_from(delivery.join(subscription, subscription.c.id == delivery.c.subscription_id))
        .where(delivery.c.edition_id == edition_id, CLAIMABLE, untried, subscription.c.hour.is_not(None))
    )
    async with db.connect() as conn:
        return int(await conn.scalar(query) or 0)


async def last_words(db: Database, edition_id: int) -> str:
    """Return what was heard last about those who still wait for an edition; "" where nothing was."""
    waits = and_(delivery.c.edition_id == edition_id, CLAIMABLE, delivery.c.reply.is_not(None))
    query = select(delivery.c.reason, delivery.c.reply).where(waits).order_by(delivery.c.at.desc()).limit(1)
    async with db.connect() as conn:
        row = (await conn.execute(query)).one_or_none()
    return in_words(row[0] or "", row[1], None) if row else ""


async def _pages(
    db: Database, edition_id: int, wanted: ColumnElement[bool], gone: Collection[str]
) -> AsyncIterator[LedgerRow]:
    """Read page by page: one long read would keep the database from tidying up behind its writers."""
    query = _rows(gone).where(delivery.c.edition_id == edition_id, wanted)
    last = -1
    while True:
        async with db.connect() as conn:
            page = (await conn.execute(query.where(delivery.c.reader_id > last))).mappings().all()
        for row in page:
            yield LedgerRow(**{**row, "state": State(row["state"])})
        if len(page) < _ROWS_PER_PAGE:
            return
        last = page[-1]["reader_id"]


async def pace(db: Database, edition_id: int, now: datetime) -> float:
    """Return how many answers a second an edition got lately, from all processes."""
    recent = and_(delivery.c.edition_id == edition_id, delivery.c.at > now - _RECENT_TIME)
    async with db.connect() as conn:
        first, count = (await conn.execute(select(func.min(delivery.c.at), func.count()).where(recent))).one()
    return count / max(1.0, (now - first).total_seconds()) if count else 0.0


async def next_due(conn: AsyncConnection, editions: Collection[int], now: datetime) -> datetime | None:
    """Return when a row of these editions can be claimed next, `now` for at once; None if none ever can."""
    of_these = delivery.c.edition_id.in_(editions)
    if await conn.scalar(
        select(delivery.c.id).where(of_these, CLAIMABLE, delivery.c.not_before.is_(None)).limit(1)
    ):
        return now
    earliest: datetime | None = await conn.scalar(
        select(func.min(delivery.c.not_before)).where(of_these, CLAIMABLE)
    )
    return earliest
