"""How an edition comes into the database: its row, what it decided, and a delivery for each reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import NO_VARIANTS, SKIPPED, EditionStatus, Mail, Plan, Variants
from digest.store.content import articles
from digest.store.db.schema.tables import edition
from digest.store.editions import decisions, restore_guard
from digest.store.editions.canaries import CanaryPlan
from digest.store.editions.personal import rows
from digest.store.editions.personal import variants as variant_rows
from digest.store.editions.personal.rows import Opening
from digest.store.jobs import seats


def name_of(newsletter: str, slot: str) -> str:
    """Return what people call the edition of a slot: "daily-2026-10-25T0230"."""
    return f"{newsletter}-{slot.replace(':', '')}"


async def put(
    conn: AsyncConnection,
    plan: Plan,
    mail: Mail,
    now: datetime,
    *,
    deadline: datetime | None,
    first: CanaryPlan | None,
    name: str = "",
    in_values: ColumnElement[bool] | None = None,
    variants: Variants = NO_VARIANTS,
) -> Row[Any] | None:
    """Make an edition, its decisions and its deliveries; None if the slot has one, also by a transaction under way.

    It may have a `name` of its own, and go to those `in_values` its readers only. Where the plan would be skipped, the
    edition is the round-up of those who read weekly, and its stories stay free for the next one.
    """
    texts = {"subject": mail.subject, "preheader": mail.preheader, "html": mail.html, "text": mail.text}
    doubt = await restore_guard.doubt(conn, plan.due)
    status = EditionStatus.PAUSED if doubt else EditionStatus.SENDING
    texts |= {"web": mail.web, "name": name or name_of(plan.newsletter, plan.slot)}
    row = await insert_row(conn, plan, status, now, deadline=deadline, reason=doubt, **texts)
    if row is None:
        return None
    await decisions.write(conn, plan, row.id, settle=not plan.skip)
    if not plan.skip:
        await articles.known_by(conn, [chosen.candidate.id for chosen in plan.chosen], now)
    await variant_rows.write(conn, row.id, variants)
    opening = Opening(
        edition_id=row.id,
        newsletter=plan.newsletter,
        now=now,
        regular=not plan.skip,
        first=first,
        variants=variants,
        in_values=in_values,
    )
    await rows.write(conn, opening)
    if first:
        await first.begin(conn, row.id, now)
    if status is EditionStatus.SENDING:
        await seats.offer(conn, row.id)
    return row


async def forget_skipped(conn: AsyncConnection, plan: Plan) -> None:
    """Make room for another try at the slot of a plan."""
    await conn.execute(
        delete(edition).where(has_slot(plan.newsletter, plan.slot), edition.c.status.in_(SKIPPED))
    )


def has_slot(newsletter: str, slot: str) -> ColumnElement[bool]:
    """Return the condition on an edition that it belongs to this slot and was not remade since."""
    return and_(edition.c.newsletter == newsletter, edition.c.slot == slot, edition.c.remade_as == "")


async def insert_row(
    conn: AsyncConnection, plan: Plan, status: EditionStatus, now: datetime, **values: Any
) -> Row[Any] | None:
    """Insert the edition's row; None where (newsletter, slot) is taken, also by a transaction still under way."""
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    statement = (
        dialect.insert(edition)
        .values(
            **{"name": name_of(plan.newsletter, plan.slot), **values},
            newsletter=plan.newsletter,
            slot=plan.slot,
            status=status,
            due=plan.due,
            opened_at=now,
            problems=list(plan.problems),
        )
        .on_conflict_do_nothing()
        .returning(edition)
    )
    return (await conn.execute(statement)).one_or_none()
