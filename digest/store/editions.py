"""Editions and what they decided: made once per newsletter and slot, whoever asks, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, delete, func, insert, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import UsageError
from digest.model import SKIPPED, Edition, EditionStatus, Mail, Plan, State, Tally
from digest.plugins import did_you_mean
from digest.store import audience, decisions, witness
from digest.store.canaries import First
from digest.store.database import Database
from digest.store.holders import standing
from digest.store.schema import (
    delivery,
    edition,
    reader,
    subscription,
    suppression,
)

_LATEST = 100  # editions among which a name that is misspelt is looked for
CANCELLED = "the edition was cancelled"


def name_of(newsletter: str, slot: str) -> str:
    """Return what people call the edition of a slot: "daily-2026-10-25T0230"."""
    return f"{newsletter}-{slot.replace(':', '')}"


# --- making one ---------------------------------------------------------------------------------------------


async def open(
    db: Database,
    plan: Plan,
    mail: Mail,
    now: datetime,
    *,
    deadline: datetime | None = None,
    by_hand: bool = False,
    first: First | None = None,
) -> Edition | None:
    """Make the edition of a plan's slot, its decisions and one delivery per reader; None if the slot has one already.

    Readers are those with a confirmed subscription and no suppression at this moment. `by_hand` may take the place of
    an edition that was skipped. After the `deadline` what is still open is not sent any more. An edition that may have
    been sent before the database was restored from a copy is made and held. `first` says who gets it before the others.
    """
    async with db.begin() as conn:
        if by_hand:
            await _forget_skipped(conn, plan)
        texts = {"subject": mail.subject, "preheader": mail.preheader, "html": mail.html, "text": mail.text}
        doubt = await witness.doubt(conn, plan.due)
        status = EditionStatus.PAUSED if doubt else EditionStatus.SENDING
        row = await _insert(conn, plan, status, now, deadline=deadline, reason=doubt, web=mail.web, **texts)
        if row is None:
            return None
        await decisions.write(conn, plan, row.id, settle=True)
        await conn.execute(insert(delivery).from_select(*_readers(row.id, plan.newsletter, first, now)))
        if first:
            await first.begin(conn, row.id, now)
        return _edition(row)


async def skip(
    db: Database, plan: Plan, status: EditionStatus, reason: str, now: datetime, *, by_hand: bool = False
) -> Edition | None:
    """Note that the slot of a plan has no mail, and why; its articles stay free. None if the slot has an edition.

    `by_hand` may take the place of an edition that was skipped, for this time the reason may be another one.
    """
    async with db.begin() as conn:
        if by_hand:
            await _forget_skipped(conn, plan)
        row = await _insert(conn, plan, status, now, reason=reason, closed_at=now)
        if row is None:
            return None
        await decisions.write(conn, plan, row.id, settle=False)
        return _edition(row)


async def _forget_skipped(conn: AsyncConnection, plan: Plan) -> None:
    """Make room for another try at the slot of a plan."""
    of_slot = and_(edition.c.newsletter == plan.newsletter, edition.c.slot == plan.slot)
    await conn.execute(delete(edition).where(of_slot, edition.c.status.in_(SKIPPED)))


async def _insert(
    conn: AsyncConnection, plan: Plan, status: EditionStatus, now: datetime, **values: Any
) -> Row[Any] | None:
    """Insert the edition's row; None where (newsletter, slot) is taken, also by a transaction still under way."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(edition)
        .values(
            name=name_of(plan.newsletter, plan.slot),
            newsletter=plan.newsletter,
            slot=plan.slot,
            status=status,
            due=plan.due,
            opened_at=now,
            problems=list(plan.problems),
            **values,
        )
        .on_conflict_do_nothing()
        .returning(edition)
    )
    return (await conn.execute(statement)).one_or_none()


def _readers(
    edition_id: int, newsletter: str, first: First | None, now: datetime
) -> tuple[list[str], Select[Any]]:
    """Return columns and query of one delivery for each reader, in the order of their ids."""
    # The suppressed are few: looking each reader up among them would take as long as writing the deliveries.
    suppressed = select(reader.c.id).where(reader.c.key.in_(select(suppression.c.key)))
    query = (
        select(literal(edition_id), subscription.c.reader_id, subscription.c.id, literal(State.QUEUED.value))
        .where(
            audience.subscribed(newsletter),
            subscription.c.reader_id.not_in(suppressed),
        )
        .order_by(subscription.c.reader_id)
    )
    columns = ["edition_id", "reader_id", "subscription_id", "state"]
    if first is None:
        return columns, query
    of_readers = query.join(reader, reader.c.id == subscription.c.reader_id)
    return [*columns, "not_before"], of_readers.add_columns(first.turn(now))


# --- finding them -------------------------------------------------------------------------------------------


async def find(db: Database, newsletter: str, slot: str) -> Edition | None:
    """Return the edition of a slot, skipped ones included."""
    return await _one(db, select(edition).where(edition.c.newsletter == newsletter, edition.c.slot == slot))


async def get(db: Database, edition_id: int) -> Edition | None:
    """Return an edition by its number."""
    return await _one(db, select(edition).where(edition.c.id == edition_id))


async def by_name(db: Database, name: str) -> Edition:
    """Return an edition by its name or its number; raises UsageError if there is none."""
    found = await _one(db, select(edition).where(edition.c.name == name))
    if found is None and name.isdecimal():
        found = await get(db, int(name))
    if found is None:
        async with db.connect() as conn:
            latest = select(edition.c.name).order_by(edition.c.opened_at.desc()).limit(_LATEST)
            near = did_you_mean(name, list(await conn.scalars(latest)))
        raise UsageError(f'there is no edition {name!r}{near}; "digest editions list" shows them')
    return found


async def sending(conn: AsyncConnection, only: int | None = None) -> list[tuple[int, datetime | None]]:
    """Return the editions that are being sent, oldest first, each with its deadline; of all or `only` one."""
    query = select(edition.c.id, edition.c.deadline).where(edition.c.status == EditionStatus.SENDING)
    if only is not None:
        query = query.where(edition.c.id == only)
    return [(row[0], row[1]) for row in await conn.execute(query.order_by(edition.c.opened_at, edition.c.id))]


async def list_(db: Database, newsletter: str | None = None, *, limit: int = 50) -> list[Edition]:
    """Return the latest editions, newest first."""
    query = select(edition).order_by(edition.c.due.desc(), edition.c.id.desc()).limit(limit)
    if newsletter is not None:
        query = query.where(edition.c.newsletter == newsletter)
    async with db.connect() as conn:
        return [_edition(row) for row in await conn.execute(query)]


async def newest(db: Database, newsletter: str) -> Edition | None:
    """Return the latest edition of a newsletter for which a mail was made."""
    made = select(edition).where(edition.c.newsletter == newsletter, edition.c.status.not_in(SKIPPED))
    return await _one(db, made.order_by(edition.c.due.desc(), edition.c.id.desc()).limit(1))


async def _one(db: Database, query: Select[Any]) -> Edition | None:
    async with db.connect() as conn:
        row = (await conn.execute(query)).one_or_none()
    return None if row is None else _edition(row)


def _edition(row: Row[Any]) -> Edition:
    mail = Mail(subject=row.subject, preheader=row.preheader, html=row.html, text=row.text, web=row.web)
    return Edition(
        id=row.id,
        name=row.name,
        newsletter=row.newsletter,
        slot=row.slot,
        status=EditionStatus(row.status),
        reason=row.reason,
        opened_at=row.opened_at,
        deadline=row.deadline,
        mail=mail if mail.subject or mail.html else None,
        problems=tuple(row.problems),
    )


async def tally(db: Database, edition_id: int, *, gone: Collection[str] = ()) -> Tally:
    """Return how many deliveries are in each state; what owners that are `gone` had in hand as what it will become."""
    state = standing(gone).label("state")
    doubted = or_(delivery.c.doubted_at.is_not(None), standing(gone) == State.UNKNOWN.value)
    query = (
        select(state, func.count(), func.count().filter(doubted))
        .where(delivery.c.edition_id == edition_id)
        .group_by(state)
    )
    async with db.connect() as conn:
        rows = (await conn.execute(query)).all()
    return Tally(counts={State(row[0]): row[1] for row in rows}, doubted=sum(row[2] for row in rows))
