"""Find whom an event is about: a reader, and the delivery of an edition that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State
from digest.store.db.schema.tables import delivery, edition, reader, subscription

#: States of a delivery in which its reader may have got the mail.
_MAILED = (State.SENT, State.UNKNOWN, State.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A reader with whatever is known of the mail that an event is about."""

    reader_id: int
    key: str
    newsletter: str = ""
    edition_id: int | None = None
    edition: str = ""  # its name
    delivery_id: int | None = None


async def by_subscription(conn: AsyncConnection, subscription_id: int) -> Match | None:
    """Return the reader of a subscription."""
    query = (
        select(reader.c.id, reader.c.key, subscription.c.newsletter)
        .join_from(subscription, reader)
        .where(subscription.c.id == subscription_id, reader.c.address != "")
    )
    row = (await conn.execute(query)).one_or_none()
    return Match(reader_id=row.id, key=row.key, newsletter=row.newsletter) if row else None


async def by_remote_id(conn: AsyncConnection, remote_id: str, key: str = "") -> Match | None:
    """Return the delivery that a provider knows by this name, with or without brackets.

    Where the provider has one name for many readers' mails, the key of the address tells which.
    """
    query = _deliveries().where(delivery.c.remote_id.in_((remote_id, f"<{remote_id}>")))
    if key and (found := await _one(conn, query.where(reader.c.key == key))):
        return found
    return await _only(conn, query)


async def by_edition(conn: AsyncConnection, edition_name: str, key: str) -> Match | None:
    """Return the delivery of an edition, by its name, to the reader of an address, by its key."""
    return await _one(conn, _deliveries().where(edition.c.name == edition_name, reader.c.key == key))


async def by_address(conn: AsyncConnection, key: str, since: datetime) -> Match | None:
    """Return the latest mail to the reader of an address since a moment."""
    query = _deliveries().where(
        reader.c.key == key,
        delivery.c.edition_id.in_(select(edition.c.id).where(edition.c.opened_at >= since)),
        delivery.c.state.in_(_MAILED),
    )
    return await _one(conn, query.order_by(delivery.c.id.desc()))


def _deliveries() -> Select[tuple[int, str, str, int, str, int]]:
    return (
        select(
            reader.c.id.label("reader_id"),
            reader.c.key,
            edition.c.newsletter,
            edition.c.id.label("edition_id"),
            edition.c.name,
            delivery.c.id.label("delivery_id"),
        )
        .select_from(delivery)
        .join(reader, reader.c.id == delivery.c.reader_id)
        .join(edition, edition.c.id == delivery.c.edition_id)
        .where(reader.c.address != "")
    )


async def _only(conn: AsyncConnection, query: Select[tuple[int, str, str, int, str, int]]) -> Match | None:
    """Return the match if there is no other."""
    several = len((await conn.execute(query.limit(2))).all()) > 1
    return None if several else await _one(conn, query)


async def _one(conn: AsyncConnection, query: Select[tuple[int, str, str, int, str, int]]) -> Match | None:
    row = (await conn.execute(query.limit(1))).first()
    if row is None:
        return None
    return Match(
        reader_id=row.reader_id,
        key=row.key,
        newsletter=row.newsletter,
        edition_id=row.edition_id,
        edition=row.name,
        delivery_id=row.delivery_id,
    )
