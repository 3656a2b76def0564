"""Events as they came in: stored once each, before their reporter hears that we have them; done one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import UsageError
from digest.model import Event, EventType
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.feedback import event
from digest.store.jobs import kinds, queue

MAX_TEXT_CHARACTERS = 2000  # of the other side's words that are kept

#: Who reports what came back by mail; it is nobody's sender.
BOUNCES = "bounces"

_ROWS_PER_STATEMENT = 200
_PENDING = event.c.processed_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event with who reported it, when, and what it did ("" while nothing has been done)."""

    id: int
    sender: str
    event: Event
    received_at: datetime
    processed_at: datetime | None = None
    effect: str = ""
    reader_id: int | None = None
    edition_id: int | None = None


async def store(db: Database, sender: str, events: Sequence[Event], now: datetime) -> int:
    """Store events in one transaction; return how many were new. Safe to repeat."""
    rows = [_row(sender, one, now) for one in events]
    new = 0
    async with db.begin() as conn:
        for start in range(0, len(rows), _ROWS_PER_STATEMENT):
            statement = insert(event).values(rows[start : start + _ROWS_PER_STATEMENT])
            found = await conn.execute(statement.on_conflict_do_nothing().returning(event.c.id))
            new += len(found.all())
        if new:
            await queue.put(conn, [kinds.single(kinds.FEEDBACK)])
    return new


async def is_any_pending(db: Database) -> bool:
    """Tell whether there are events that nothing has been done about."""
    async with db.connect() as conn:
        return await conn.scalar(select(event.c.id).where(_PENDING).limit(1)) is not None


async def pending(conn: AsyncConnection, limit: int) -> list[StoredEvent]:
    """Return the oldest events that nothing has been done about."""
    query = select(event).where(_PENDING).order_by(event.c.id).limit(limit)
    return [_read(row) for row in await conn.execute(query)]


async def mark(
    conn: AsyncConnection,
    id_: int,
    effect: str,
    now: datetime,
    *,
    reader_id: int | None = None,
    edition_id: int | None = None,
) -> None:
    """Write down what an event did, in the transaction that does it."""
    values = {"processed_at": now, "effect": effect, "reader_id": reader_id, "edition_id": edition_id}
    await conn.execute(update(event).where(event.c.id == id_).values(values))


async def list_(
    db: Database,
    *,
    sender: str = "",
    type_: EventType | None = None,
    reader_id: int | None = None,
    limit: int = 50,
) -> list[StoredEvent]:
    """Return the latest events, newest first."""
    query = select(event).order_by(event.c.id.desc()).limit(limit)
    if sender:
        query = query.where(event.c.sender == sender)
    if type_:
        query = query.where(event.c.type == type_)
    if reader_id is not None:
        query = query.where(event.c.reader_id == reader_id)
    async with db.connect() as conn:
        return [_read(row) for row in await conn.execute(query)]


async def get(db: Database, id_: int) -> StoredEvent:
    """Return an event by its number; raises UsageError if there is none."""
    async with db.connect() as conn:
        row = (await conn.execute(select(event).where(event.c.id == id_))).one_or_none()
    if row is None:
        raise UsageError(f'there is no event {id_}; "digest events list" shows the latest')
    return _read(row)


async def by_keys(db: Database, sender: str, keys: Sequence[str]) -> dict[str, StoredEvent]:
    """Return those events of a reporter that have these keys, by their keys."""
    found: dict[str, StoredEvent] = {}
    async with db.connect() as conn:
        for start in range(0, len(keys), _ROWS_PER_STATEMENT):
            some = keys[start : start + _ROWS_PER_STATEMENT]
            query = select(event).where(event.c.sender == sender, in_values(conn, event.c.key, some))
            found.update({row.key: _read(row) for row in await conn.execute(query)})
    return found


async def replay(db: Database, id_: int) -> None:
    """Let an event be judged once more."""
    async with db.begin() as conn:
        await conn.execute(update(event).where(event.c.id == id_).values(processed_at=None, effect=""))


async def purge(db: Database, before: datetime) -> None:
    """Delete events that were received before a moment."""
    async with db.begin() as conn:
        await conn.execute(event.delete().where(event.c.received_at < before))


def _row(sender: str, one: Event, now: datetime) -> dict[str, Any]:
    return {
        "sender": sender,
        "key": one.key,
        "type": one.type,
        "address": one.address,
        "happened_at": one.at,
        "message_id": one.message_id,
        "remote_id": one.remote_id,
        "subscription_id": one.subscription_id,
        "code": one.code,
        "text": one.text[:MAX_TEXT_CHARACTERS],
        "lasting": one.lasting,
        "returned": one.returned,
        "received_at": now,
    }


def _read(row: Row[Any]) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        sender=row.sender,
        event=Event(
            key=row.key,
            type=EventType(row.type),
            address=row.address,
            at=row.happened_at,
            message_id=row.message_id,
            remote_id=row.remote_id,
            subscription_id=row.subscription_id,
            code=row.code,
            text=row.text,
            lasting=row.lasting,
            returned=row.returned,
        ),
        received_at=row.received_at,
        processed_at=row.processed_at,
        effect=row.effect,
        reader_id=row.reader_id,
        edition_id=row.edition_id,
    )
