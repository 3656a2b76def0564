"""Retry or accept final deliveries by hand: count them first, then change them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, delete, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, reader, suppression
from digest.store.ledger.claims import BY_CHOICE, FREE, SKIP, WITH_READERS

#: States that are final until a person acts, and after which a reader may be mailed again.
RETRIED = (State.REFUSED, State.UNKNOWN, State.SKIPPED)

_ROWS_PER_PAGE = 1000
_CHOSEN = func.coalesce(delivery.c.reason, "").startswith(BY_CHOICE, autoescape=True)
_STAYS = func.coalesce(
    SKIP, case((_CHOSEN, delivery.c.reason))
)  # why a reader is not mailed, or was not to be
_AGAIN = "queued again by hand"
_ACCEPTED = "noted by hand: the reader has it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which deliveries of an edition are meant: in these states, with these words in their reason, of these readers."""

    edition_id: int
    states: Collection[State]
    words: str = ""
    keys: Collection[str] = ()  # of readers; empty for all

    def condition(self) -> ColumnElement[bool]:
        """Return the condition on a delivery, joined with what `WITH_READERS` has."""
        return and_(delivery.c.edition_id == self.edition_id, self._state(), *self._more())

    def _state(self) -> ColumnElement[bool]:
        return delivery.c.state.in_([state.value for state in self.states])

    def _more(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.words:
            said = (func.coalesce(delivery.c.reason, ""), func.coalesce(delivery.c.reply, ""))
            words = self.words.lower()
            found.append(or_(*(func.lower(text).contains(words, autoescape=True) for text in said)))
        if self.keys:
            found.append(reader.c.key.in_(self.keys))
        return found


class InDoubt(Choice):
    """Readers who may have had the mail, and of whom no later attempt says more."""

    def _state(self) -> ColumnElement[bool]:
        waiting = [state.value for state in (State.QUEUED, State.DEFERRED, State.SKIPPED)]
        unsettled = and_(delivery.c.doubted_at.is_not(None), delivery.c.state.in_(waiting))
        return or_(delivery.c.state == State.UNKNOWN.value, unsettled)


class Found(NamedTuple):
    """A delivery that is meant."""

    id: int
    address: str
    reason: str
    said: str
    doubted: bool  # the reader may have had it already
    skip: str  # why nothing may be sent there now
    suppressed_by_it: bool  # and that comes from the answer to this delivery


async def found(db: Database, choice: Choice, now: datetime) -> AsyncIterator[Found]:
    """Yield the deliveries that are meant, page by page."""
    query = (
        select(
            delivery.c.id,
            func.coalesce(reader.c.address, ""),
            func.coalesce(delivery.c.reason, ""),
            func.coalesce(delivery.c.reply, ""),
            or_(delivery.c.doubted_at.is_not(None), delivery.c.state == State.UNKNOWN.value),
            func.coalesce(_STAYS, ""),
            func.coalesce(suppression.c.delivery_id == delivery.c.id, False),
        )
        .select_from(WITH_READERS)
        .where(choice.condition())
        .order_by(delivery.c.id)
        .limit(_ROWS_PER_PAGE)
    )
    last = -1
    while True:
        async with db.connect() as conn:
            page = (await conn.execute(query.where(delivery.c.id > last), {"now": now})).all()
        for row in page:
            yield Found(row[0], row[1], row[2], row[3], bool(row[4]), row[5], bool(row[6]))
        if len(page) < _ROWS_PER_PAGE:
            return
        last = page[-1][0]


async def release(conn: AsyncConnection, choice: Choice) -> int:
    """Lift the suppressions that come from the answers to what is meant; return how many."""
    theirs = select(delivery.c.id).select_from(WITH_READERS).where(choice.condition())
    result = await conn.execute(delete(suppression).where(suppression.c.delivery_id.in_(theirs)))
    return result.rowcount


async def queue(conn: AsyncConnection, choice: Choice, now: datetime) -> int:
    """Queue the chosen deliveries again whose readers may be mailed now, as if untried; return their number."""
    again = select(delivery.c.id).select_from(WITH_READERS).where(choice.condition(), _STAYS.is_(None))
    values = {"state": State.QUEUED.value, "reason": _AGAIN, "code": null(), "attempts": 0}
    result = await conn.execute(
        update(delivery).where(delivery.c.id.in_(again)).values(**values, not_before=null(), at=now, **FREE),
        {"now": now},
    )
    return result.rowcount


async def accept(conn: AsyncConnection, choice: InDoubt, now: datetime) -> int:
    """Record the chosen deliveries as sent; return their number."""
    theirs = select(delivery.c.id).select_from(WITH_READERS).where(choice.condition())
    values = {"state": State.SENT.value, "reason": _ACCEPTED, "not_before": null(), "at": now}
    result = await conn.execute(update(delivery).where(delivery.c.id.in_(theirs)).values(**values, **FREE))
    return result.rowcount
