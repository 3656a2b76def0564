"""Editions and what they decided: made once per newsletter and slot, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import UsageError
from digest.model import NO_VARIANTS, SKIPPED, Edition, EditionStatus, Mail, Plan, State, Tally, Variants
from digest.plugins import did_you_mean
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, edition
from digest.store.editions import decisions, making
from digest.store.editions.canaries import CanaryPlan
from digest.store.editions.making import name_of as name_of
from digest.store.editions.personal import variants as variant_rows
from digest.store.ledger.leases import standing

_MAX_NAMES_COMPARED = 100  # editions among which a name that is misspelt is looked for
CANCELLED = "the edition was cancelled"


# --- making one ---------------------------------------------------------------------------------------------


async def open(
    db: Database,
    plan: Plan,
    mail: Mail,
    now: datetime,
    *,
    deadline: datetime | None = None,
    by_hand: bool = False,
    first: CanaryPlan | None = None,
    variants: Variants = NO_VARIANTS,
) -> Edition | None:
    """Make the edition of a plan's slot, its decisions and one delivery per reader; None if the slot has one already.

    Readers are those with a confirmed subscription and no suppression at this moment. `by_hand` may take the place of
    an edition that was skipped. After the `deadline` what is still open is not sent any more. An edition that may have
    been sent before the database was restored from a copy is made and held. `first` says who gets it before the others,
    `variants` what readers with choices get.
    """
    async with db.begin() as conn:
        if by_hand:
            await making.forget_skipped(conn, plan)
        row = await making.put(conn, plan, mail, now, deadline=deadline, first=first, variants=variants)
        return None if row is None else read(row)


async def skip(
    db: Database, plan: Plan, status: EditionStatus, reason: str, now: datetime, *, by_hand: bool = False
) -> Edition | None:
    """Note that the slot of a plan has no mail, and why; its articles stay free. None if the slot has an edition.

    `by_hand` may take the place of an edition that was skipped, for this time the reason may be another one.
    """
    async with db.begin() as conn:
        if by_hand:
            await making.forget_skipped(conn, plan)
        row = await making.insert_row(conn, plan, status, now, reason=reason, closed_at=now)
        if row is None:
            return None
        await decisions.write(conn, plan, row.id, settle=False)
        return read(row)


# --- finding them -------------------------------------------------------------------------------------------


async def find(db: Database, newsletter: str, slot: str) -> Edition | None:
    """Return the edition of a slot, skipped ones included."""
    return await _one(db, select(edition).where(making.has_slot(newsletter, slot)))


async def get(db: Database, edition_id: int) -> Edition | None:
    """Return an edition by its number."""
    return await _one(db, select(edition).where(edition.c.id == edition_id))


async def with_variants(db: Database, edition_id: int) -> Edition | None:
    """Return an edition with the mails of readers who have made choices."""
    if (found := await get(db, edition_id)) is None:
        return None
    variants = await variant_rows.of_edition(db, edition_id)
    return replace(found, variants={number: one.mail for number, one in variants.items() if one.mail})


async def by_name(db: Database, name: str) -> Edition:
    """Return an edition by its name or its number; raises UsageError if it does not exist."""
    found = await _one(db, select(edition).where(edition.c.name == name))
    if found is None and name.isdecimal():
        found = await get(db, int(name))
    if found is None:
        async with db.connect() as conn:
            latest = select(edition.c.name).order_by(edition.c.opened_at.desc()).limit(_MAX_NAMES_COMPARED)
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
        return [read(row) for row in await conn.execute(query)]


async def newest(db: Database, newsletter: str) -> Edition | None:
    """Return the latest edition of a newsletter for which a mail was made."""
    made = select(edition).where(edition.c.newsletter == newsletter, edition.c.status.not_in(SKIPPED))
    return await _one(db, made.order_by(edition.c.due.desc(), edition.c.id.desc()).limit(1))


async def latest(db: Database, newsletter: str) -> Edition | None:
    """Return the latest edition that has gone to readers, as it stands now."""
    sent = edition.c.status.in_([EditionStatus.SENDING, EditionStatus.SENT])
    made = select(edition).where(edition.c.newsletter == newsletter, sent, edition.c.remade_as == "")
    return await _one(db, made.order_by(edition.c.due.desc(), edition.c.id.desc()).limit(1))


async def _one(db: Database, query: Select[Any]) -> Edition | None:
    async with db.connect() as conn:
        row = (await conn.execute(query)).one_or_none()
    return None if row is None else read(row)


def read(row: Row[Any]) -> Edition:
    """Return an edition from its row."""
    mail = Mail(subject=row.subject, preheader=row.preheader, html=row.html, text=row.text, web=row.web)
    return Edition(
        id=row.id,
        name=row.name,
        newsletter=row.newsletter,
        slot=row.slot,
        status=EditionStatus(row.status),
        reason=row.reason,
        due=row.due,
        opened_at=row.opened_at,
        deadline=row.deadline,
        mail=mail if mail.subject or mail.html else None,
        problems=tuple(row.problems),
        remade_as=row.remade_as,
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
