"""Readers and their subscriptions: who gets what, since when, on what consent, and who must not be mailed.

A reader is known by `key` (see `digest.readers.addresses`). No import brings back a reader who unsubscribed,
is suppressed or was forgotten (`digest.store.people.suppressions`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, literal, select, true, type_coerce, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SubscriptionStatus as Status
from digest.store.db import bulk
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.columns import Json
from digest.store.db.schema.tables import reader, subscription, suppression
from digest.store.people import leaving, suppressions
from digest.store.people.entries import AddResult as AddResult
from digest.store.people.entries import Entry as Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A line of the list of subscribers."""

    subscription_id: int
    address: str
    name: str
    newsletter: str
    status: Status
    since: datetime
    consent: Mapping[str, Any]
    suppressed: str = ""  # why nothing is sent there, "" if it is
    suppressed_since: datetime | None = None

    @property
    def standing(self) -> str:
        """How they stand in one word: "suppressed", whatever they are subscribed to, or the subscription's status."""
        return "suppressed" if self.suppressed else self.status.value


# --- in ------------------------------------------------------------------------------------------------------


async def add(
    db: Database,
    newsletter: str,
    entries: Sequence[Entry],
    now: datetime,
    *,
    consent: Mapping[str, Any] | None = None,
    again: bool = False,
) -> list[AddResult]:
    """Subscribe readers, confirmed, in one transaction; safe to repeat. Returns a verdict for each, in their order.

    `consent` says how we know that they want it: it is kept with each subscription. Who had unsubscribed
    is brought back only with `again`: they asked for it again.
    """
    unique = {entry.key: entry for entry in entries}
    async with db.begin() as conn:
        barred = await suppressions.barred(conn, list(unique))
        verdicts = {
            key: AddResult.FORGOTTEN if asked else AddResult.SUPPRESSED for key, asked in barred.items()
        }
        welcome = {key: entry for key, entry in sorted(unique.items()) if key not in barred}
        if welcome:
            verdicts |= await _verdicts(conn, newsletter, welcome, again)
            await _insert_readers(conn, welcome.values(), now)
            await _subscribe(conn, newsletter, welcome.values(), consent or {}, now, again)
    return [verdicts[entry.key] for entry in entries]


async def _verdicts(
    conn: AsyncConnection, newsletter: str, keys: Collection[str], again: bool
) -> dict[str, AddResult]:
    query = (
        select(reader.c.key, subscription.c.status)
        .join_from(reader, subscription)
        .where(subscription.c.newsletter == newsletter, in_values(conn, reader.c.key, keys))
    )
    known = {row.key: row.status for row in await conn.execute(query)}
    left = AddResult.ADDED if again else AddResult.UNSUBSCRIBED
    words = {Status.CONFIRMED: AddResult.KNOWN, Status.UNSUBSCRIBED: left}
    return {key: words.get(known.get(key, Status.PENDING), AddResult.ADDED) for key in keys}


async def _insert_readers(conn: AsyncConnection, entries: Iterable[Entry], now: datetime) -> None:
    """Store readers who are new, and give a name to those who had none."""
    given = bulk.table(conn.dialect.name, "given", {"address": Text(), "key": Text(), "name": Text()})
    since = literal(now, reader.c.created_at.type)
    statement = insert(reader).from_select(
        ["address", "key", "name", "created_at"],
        select(given.c.address, given.c.key, given.c.name, since).where(true()),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"name": statement.excluded.name},
        where=and_(reader.c.name == "", statement.excluded.name != ""),
    )
    await conn.execute(statement, {"given": bulk.rows([(one.address, one.key, one.name) for one in entries])})


async def _subscribe(
    conn: AsyncConnection,
    newsletter: str,
    entries: Iterable[Entry],
    consent: Mapping[str, Any],
    now: datetime,
    again: bool,
) -> None:
    """Confirm who was pending and add who was not there; who has unsubscribed stays so unless `again`."""
    dialect = conn.dialect.name
    given = bulk.table(dialect, "given", {"key": Text(), "consent": Text(), "since": Text()})
    status, since = literal(Status.CONFIRMED.value), bulk.as_moment(dialect, given.c.since)
    proof = type_coerce(given.c.consent, Json) if dialect == "sqlite" else cast(given.c.consent, Json)
    query = select(reader.c.id, literal(newsletter), status, since, proof).order_by(reader.c.id)
    statement = insert(subscription).from_select(
        ["reader_id", "newsletter", "status", "since", "consent"],
        query.join_from(given, reader, reader.c.key == given.c.key).where(true()),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["newsletter", "reader_id"],
        set_={name: statement.excluded[name] for name in ("status", "since", "consent")},
        where=subscription.c.status.in_([Status.PENDING, *([Status.UNSUBSCRIBED] if again else [])]),
    )
    same, moment = _as_json(consent), bulk.moment(dialect, now)  # nearly everybody's
    rows = [
        (
            entry.key,
            _as_json({**consent, **entry.proof}) if entry.proof else same,
            bulk.moment(dialect, entry.since) if entry.since else moment,
        )
        for entry in entries
    ]
    await conn.execute(statement, {"given": bulk.rows(rows)})


def _as_json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)


async def unsubscribe(db: Database, subscription_id: int, now: datetime) -> Subscriber | None:
    """End a subscription, whether it is still going on or not; returns its reader, None without a subscription."""
    async with db.begin() as conn:
        await leaving.leave(conn, subscription_id, now)
        return await _subscriber(conn, subscription_id)


async def end(db: Database, newsletter: str, key: str, now: datetime) -> bool:
    """End a reader's subscription of a newsletter, found by the reader's key; returns whether there is one."""
    theirs = and_(
        subscription.c.newsletter == newsletter,
        subscription.c.reader_id.in_(select(reader.c.id).where(reader.c.key == key)),
    )
    async with db.begin() as conn:
        await conn.execute(
            update(subscription)
            .where(theirs, subscription.c.status != Status.UNSUBSCRIBED)
            .values(**leaving.ENDED, since=now)
        )
        return await conn.scalar(select(subscription.c.id).where(theirs)) is not None


# --- who is there --------------------------------------------------------------------------------------------


async def list_(
    db: Database, newsletter: str = "", status: Status | None = None, *, page: int = 1000
) -> AsyncIterator[Subscriber]:
    """Yield subscribers in the order in which they came, read in pages: memory and locks stay small.

    With a `status` the suppressed are left out; `digest.store.people.suppressions` has them.
    """
    last = 0
    wanted: list[ColumnElement[bool]] = [reader.c.address != ""]
    if newsletter:
        wanted.append(subscription.c.newsletter == newsletter)
    if status:
        wanted += [subscription.c.status == status, suppression.c.key.is_(None)]
    while True:
        async with db.connect() as conn:
            rows = (await conn.execute(_subscribers(*wanted, subscription.c.id > last).limit(page))).all()
        for row in rows:
            yield _line(row)
        if len(rows) < page:
            return
        last = rows[-1].id


async def has(db: Database, newsletter: str) -> bool:
    """Tell whether a newsletter has any subscriptions, also one that has left the configuration."""
    query = select(subscription.c.id).where(subscription.c.newsletter == newsletter).limit(1)
    async with db.connect() as conn:
        return await conn.scalar(query) is not None


async def subscriber(db: Database, subscription_id: int) -> Subscriber | None:
    """Return whose a subscription is."""
    async with db.connect() as conn:
        return await _subscriber(conn, subscription_id)


async def _subscriber(conn: AsyncConnection, subscription_id: int) -> Subscriber | None:
    row = (await conn.execute(_subscribers(subscription.c.id == subscription_id))).one_or_none()
    return _line(row) if row else None


def _subscribers(*wanted: ColumnElement[bool]) -> Any:
    columns = (subscription.c.id, reader.c.address, reader.c.name, subscription.c.newsletter)
    more = (subscription.c.status, subscription.c.since, subscription.c.consent)
    return (
        select(*columns, *more, suppression.c.reason, suppression.c.since.label("suppressed_since"))
        .join_from(subscription, reader)
        .join(suppression, suppression.c.key == reader.c.key, isouter=True)
        .where(*wanted)
        .order_by(subscription.c.id)
    )


def _line(row: Any) -> Subscriber:
    return Subscriber(
        subscription_id=row.id,
        address=row.address,
        name=row.name,
        newsletter=row.newsletter,
        status=Status(row.status),
        since=row.since,
        consent=row.consent,
        suppressed=row.reason or "",
        suppressed_since=row.suppressed_since,
    )
