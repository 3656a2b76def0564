"""How an edition comes into the database: its row, what it decided, and a delivery for each reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SKIPPED, EditionStatus, Mail, Plan, State
from digest.store.content import articles
from digest.store.db.schema.tables import delivery, edition, reader, subscription, suppression
from digest.store.editions import decisions, restore_guard
from digest.store.editions.canaries import CanaryPlan
from digest.store.jobs import seats
from digest.store.people import audience


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
) -> Row[Any] | None:
    """Make an edition, its decisions and its deliveries; None if the slot has one, also by a transaction under way.

    It may have a `name` of its own, and go to those `in_values` its readers only.
    """
    texts = {"subject": mail.subject, "preheader": mail.preheader, "html": mail.html, "text": mail.text}
    doubt = await restore_guard.doubt(conn, plan.due)
    status = EditionStatus.PAUSED if doubt else EditionStatus.SENDING
    texts |= {"web": mail.web, "name": name or name_of(plan.newsletter, plan.slot)}
    row = await insert_row(conn, plan, status, now, deadline=deadline, reason=doubt, **texts)
    if row is None:
        return None
    await decisions.write(conn, plan, row.id, settle=True)
    await articles.known_by(conn, [chosen.candidate.id for chosen in plan.chosen], now)
    await conn.execute(
        insert(delivery).from_select(*_readers(row.id, plan.newsletter, first, now, in_values))
    )
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


def _readers(
    edition_id: int,
    newsletter: str,
    first: CanaryPlan | None,
    now: datetime,
    in_values: ColumnElement[bool] | None = None,
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
    if in_values is not None:
        query = query.where(in_values)
    columns = ["edition_id", "reader_id", "subscription_id", "state"]
    if first is None:
        return columns, query
    of_readers = query.join(reader, reader.c.id == subscription.c.reader_id)
    return [*columns, "not_before"], of_readers.add_columns(first.turn(now))
