"""Calls to senders that answer a repeated call as the first: their deliveries, their order and their key.

A call is written in the transaction that marks its deliveries, and deleted in the one that records what became of them.
What a crash leaves behind can be repeated as it was: the provider answers what became of it, and no delivery is in doubt.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Delete, Text, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from digest.model import Delivery, Recipient, State
from digest.store.db import bulk
from digest.store.db.changes import Change
from digest.store.db.schema.shared import sender_call
from digest.store.db.schema.tables import delivery, in_states, reader
from digest.store.ledger.consent import mailable as mailable_now


class Call(NamedTuple):
    """A call as it is made: its idempotency key, and the deliveries it carries in their order."""

    key: str
    sender: str  # its name
    owner: str
    edition_id: int
    members: tuple[int, ...]  # ids of deliveries
    made_at: datetime


Connection: TypeAlias = AsyncConnection

_COLUMNS: dict[str, TypeEngine[Any]] = {
    **dict.fromkeys(("key", "sender", "owner", "members"), Text()),
    "edition_id": delivery.c.edition_id.type,
    "made_at": Text(),
}


@cache
def _record(dialect: str) -> sqlite.Insert | postgresql.Insert:
    made = bulk.table(dialect, "calls", _COLUMNS)
    plain = [name for name in _COLUMNS if name != "made_at"]
    columns = [*(made.c[name] for name in plain), bulk.as_moment(dialect, made.c.made_at)]
    # SQLite takes the ON of ON CONFLICT for a join's without a WHERE in front of it.
    rows = select(*columns).where(literal_column("1") == literal_column("1"))
    insert = sqlite.insert(sender_call) if dialect == "sqlite" else postgresql.insert(sender_call)
    statement = insert.from_select([*plain, "made_at"], rows)
    new = {name: statement.excluded[name] for name in (*plain[1:], "made_at")}
    return statement.on_conflict_do_update(index_elements=["key"], set_=new)


def recording(dialect: str, made: Collection[Call]) -> Change:
    """Write down calls that are about to be made."""
    values = [
        (
            call.key,
            call.sender,
            call.owner,
            json.dumps(call.members),
            call.edition_id,
            bulk.moment(dialect, call.made_at),
        )
        for call in made
    ]
    return Change(_record(dialect), {"calls": bulk.rows(values)})


@cache
def _forget(dialect: str) -> Delete:
    keys = bulk.table(dialect, "keys", {"key": Text()})
    return delete(sender_call).where(sender_call.c.key.in_(select(keys.c.key)))


def forgetting(dialect: str, keys: Collection[str]) -> Change:
    """Delete calls of which all is known, or which were not made."""
    return Change(_forget(dialect), {"keys": bulk.rows([(key,) for key in keys])})


async def left_by(conn: AsyncConnection, owner: str, edition_id: int) -> list[Call]:
    """Return the calls of which an owner has not told what became of them, and take them off the list."""
    theirs = (sender_call.c.owner == owner, sender_call.c.edition_id == edition_id)
    rows = await conn.execute(select(sender_call).where(*theirs).order_by(sender_call.c.made_at))
    found = [
        Call(row.key, row.sender, row.owner, row.edition_id, tuple(json.loads(row.members)), row.made_at)
        for row in rows
    ]
    await conn.execute(delete(sender_call).where(*theirs))
    return found


async def adopt(
    conn: AsyncConnection, call: Call, owner: str, lease_until: datetime, *, now: datetime
) -> list[Delivery]:
    """Take a call over as it was made, in its order; empty where one of its readers may not be mailed any more.

    A call that includes a reader who has left since is not repeated, or that reader would be mailed.
    """
    theirs = (
        delivery.c.id.in_(call.members),
        delivery.c.owner == call.owner,
        in_states(State.SENDING),
    )
    columns = (
        *(delivery.c[name] for name in ("id", "attempts", "fence", "doubted_at", "reader_id", "variant")),
        *(delivery.c.subscription_id, reader.c.address, reader.c.name, reader.c.text_only),
    )
    query = select(*columns).join_from(delivery, reader, reader.c.id == delivery.c.reader_id)
    dialect = conn.dialect.name
    rows = await conn.execute(
        query.where(*theirs, mailable_now(dialect)).with_for_update(of=delivery),
        {"now": bulk.moment(dialect, now)},
    )
    found = {
        row.id: Delivery(
            row.id,
            call.edition_id,
            Recipient(row.reader_id, row.subscription_id, row.address, row.name, row.text_only, row.variant),
            row.attempts,
            row.fence + 1,
            row.doubted_at is not None,
        )
        for row in rows
    }
    if found.keys() != set(call.members):
        return []
    values = {"owner": owner, "lease_until": lease_until, "fence": delivery.c.fence + 1}
    await conn.execute(update(delivery).where(*theirs).values(values))
    await recording(dialect, [call._replace(owner=owner)]).on(conn)
    return [found[id_] for id_ in call.members]


async def mailable(conn: AsyncConnection, members: Sequence[int], owner: str, *, now: datetime) -> bool:
    """Tell whether a call may be repeated: all its deliveries are the owner's, and all its readers may be mailed."""
    dialect = conn.dialect.name
    query = select(delivery.c.id).where(
        delivery.c.id.in_(members), delivery.c.owner == owner, in_states(State.SENDING), mailable_now(dialect)
    )
    return len((await conn.scalars(query, {"now": bulk.moment(dialect, now)})).all()) == len(members)
