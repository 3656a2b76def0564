"""Everything that is known of one reader: subscriptions with the proof of consent, and every edition received.

An address that never was a reader's may be suppressed all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State
from digest.model import SubscriptionStatus as Status
from digest.store.db.database import Database
from digest.store.db.schema.feedback import event
from digest.store.db.schema.tables import delivery, edition, reader, subscription
from digest.store.db.schema.variants import edition_variant
from digest.store.editions.deliveries import in_words
from digest.store.ledger.leases import standing, why
from digest.store.people import suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One reader's subscription of one newsletter; `consent` is the proof of it (when, where from, how)."""

    id: int
    newsletter: str
    status: Status
    since: datetime
    consent: Mapping[str, Any]
    sections: tuple[str, ...] | None  # that the reader chose; None for all
    frequency: str  # "" for every edition, or "weekly"
    hour: int | None  # of the day
    paused_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a provider or a bounce reported about mails to a reader."""

    type: str
    at: datetime
    text: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one edition for one reader."""

    edition: str
    newsletter: str
    state: State
    reason: str
    attempts: int
    reply: str
    at: datetime | None
    in_doubt_since: datetime | None  # the reader may have had it from an attempt that gave no answer
    not_before: datetime | None  # an hour that the reader chose, or when it is tried again
    sections: tuple[str, ...] | None = None  # that it was restricted to; None for all
    round_up: bool = False  # of what the reader had not had that week
    left_out: tuple[
        str, ...
    ] = ()  # headlines of the edition that this reader's does not have, where one is asked for

    @property
    def words(self) -> str:
        """What there is to say about it, with the other side's words."""
        return in_words(self.reason, self.reply, self.in_doubt_since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Everything that is known of a reader; editions newest first. Who never was one has no id."""

    id: int | None = None
    address: str
    name: str = ""
    language: str = ""
    created_at: datetime | None = None
    timezone: str = ""  # of the hours that the reader chose; "" for the newsletter's
    text_only: bool = False
    suppressed: str  # why nothing is sent there, "" if it is
    suppressed_since: datetime | None
    subscriptions: tuple[Subscription, ...] = ()
    received: tuple[Received, ...] = ()
    events: tuple[Reported, ...] = ()


async def show(db: Database, key: str, *, gone: Collection[str] = ()) -> Reader | None:
    """Return everything that is known of a reader or a suppressed address, by its key.

    What owners that are `gone` had in hand is told as what it will become.
    """
    async with db.connect() as conn:
        row = (await conn.execute(select(reader).where(reader.c.key == key))).one_or_none()
        barred = await suppressions.find(conn, key)
        reason, since = (barred.reason, barred.since) if barred else ("", None)
        if row is None:
            return Reader(address=key, suppressed=reason, suppressed_since=since) if barred else None
        return Reader(
            id=row.id,
            address=row.address,
            name=row.name,
            language=row.language,
            created_at=row.created_at,
            timezone=row.timezone,
            text_only=row.text_only,
            suppressed=reason,
            suppressed_since=since,
            subscriptions=await _subscriptions(conn, row.id),
            received=await _received(conn, row.id, gone),
            events=await _events(conn, row.id),
        )


async def _subscriptions(conn: AsyncConnection, reader_id: int) -> tuple[Subscription, ...]:
    query = select(subscription).where(subscription.c.reader_id == reader_id).order_by(subscription.c.id)
    return tuple(
        Subscription(
            id=row.id,
            newsletter=row.newsletter,
            status=Status(row.status),
            since=row.since,
            consent=row.consent,
            sections=None if row.sections is None else tuple(row.sections),
            frequency=row.frequency,
            hour=row.hour,
            paused_until=row.paused_until,
        )
        for row in await conn.execute(query)
    )


async def _events(conn: AsyncConnection, reader_id: int) -> tuple[Reported, ...]:
    query = select(event).where(event.c.reader_id == reader_id).order_by(event.c.id)
    return tuple(
        Reported(type=row.type, at=row.happened_at or row.received_at, text=row.text, effect=row.effect)
        for row in await conn.execute(query)
    )


async def _received(conn: AsyncConnection, reader_id: int, gone: Collection[str]) -> tuple[Received, ...]:
    # From the editions to their rows of this reader: the ledger has an index for that, and none by reader.
    query = (
        select(
            edition.c.name,
            edition.c.newsletter,
            delivery,
            standing(gone).label("standing"),
            why(gone).label("why"),
            edition_variant.c.sections,
            edition_variant.c.since,
        )
        .join_from(
            edition, delivery, and_(delivery.c.edition_id == edition.c.id, delivery.c.reader_id == reader_id)
        )
        .outerjoin(
            edition_variant,
            and_(
                edition_variant.c.edition_id == edition.c.id, edition_variant.c.number == delivery.c.variant
            ),
        )
        .order_by(edition.c.id.desc())
    )
    return tuple(
        Received(
            edition=row.name,
            newsletter=row.newsletter,
            state=State(row.standing),
            reason=row.why,
            attempts=row.attempts,
            reply=row.reply or "",
            at=row.at,
            in_doubt_since=row.doubted_at,
            not_before=row.not_before,
            sections=None if row.sections is None else tuple(row.sections),
            round_up=row.since is not None,
        )
        for row in await conn.execute(query)
    )
