"""Import who must not be mailed: another system's unsubscriptions and suppressions.

The addresses need not be known here. An import only ever makes stricter what is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, literal, select, true, type_coerce
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SubscriptionStatus as Status
from digest.store.db import bulk
from digest.store.db.database import Database
from digest.store.db.schema.columns import Json
from digest.store.db.schema.tables import reader, subscription, suppression
from digest.store.people import suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """An address that left a newsletter elsewhere, or must not be mailed; since when, and where that is from."""

    address: str
    key: str
    since: datetime
    origin: Mapping[str, Any] = field(default_factory=dict)
    suppressed: bool = False


async def remember(db: Database, newsletter: str, given: Sequence[Leaver], now: datetime) -> set[str]:
    """Remember leavers in one transaction; returns the keys of those who were forgotten here, of whom nothing is kept.

    Who left is unsubscribed from `newsletter`, subscribed or not; suppressions are for every newsletter.
    """
    async with db.begin() as conn:
        barred = await suppressions.barred(conn, [one.key for one in given])
        forgotten = {key for key, asked in barred.items() if asked}
        kept = sorted((one for one in given if one.key not in forgotten), key=lambda one: one.key)
        await _suppress(conn, [one for one in kept if one.suppressed])
        await _unsubscribe(conn, newsletter, [one for one in kept if not one.suppressed], now)
        return forgotten


async def _suppress(conn: AsyncConnection, given: Sequence[Leaver]) -> None:
    rows = [
        {"key": one.key, "reason": "; ".join(str(text) for text in one.origin.values()), "since": one.since}
        for one in given
    ]
    if rows:
        await conn.execute(insert(suppression).on_conflict_do_nothing(), rows)


async def _unsubscribe(
    conn: AsyncConnection, newsletter: str, given: Sequence[Leaver], now: datetime
) -> None:
    if not given:
        return
    dialect = conn.dialect.name
    people = bulk.table(dialect, "given", {"address": Text(), "key": Text()})
    since = literal(now, reader.c.created_at.type)
    statement = insert(reader).from_select(
        ["address", "key", "name", "created_at"],
        select(people.c.address, people.c.key, literal(""), since).where(true()),
    )
    rows = bulk.rows([(one.address, one.key) for one in given])
    await conn.execute(statement.on_conflict_do_nothing(), {"given": rows})
    gone = bulk.table(dialect, "given", {"key": Text(), "consent": Text(), "since": Text()})
    origin = type_coerce(gone.c.consent, Json) if dialect == "sqlite" else cast(gone.c.consent, Json)
    query = select(
        reader.c.id,
        literal(newsletter),
        literal(Status.UNSUBSCRIBED.value),
        bulk.as_moment(dialect, gone.c.since),
        origin,
    ).order_by(reader.c.id)
    statement = insert(subscription).from_select(
        ["reader_id", "newsletter", "status", "since", "consent"],
        query.join_from(gone, reader, reader.c.key == gone.c.key).where(true()),
    )
    statement = statement.on_conflict_do_update(  # the proof of the consent that was is kept
        index_elements=["newsletter", "reader_id"],
        set_={"status": statement.excluded.status, "since": statement.excluded.since},
        where=subscription.c.status != Status.UNSUBSCRIBED,
    )
    values = [
        (one.key, json.dumps(dict(one.origin), ensure_ascii=False), bulk.moment(dialect, one.since))
        for one in given
    ]
    await conn.execute(statement, {"given": bulk.rows(values)})
