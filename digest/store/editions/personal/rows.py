"""The deliveries of an edition when it opens: one statement for those who have chosen nothing, one for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    insert,
    literal,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import State, Variants
from digest.store.db import bulk
from digest.store.db.schema.columns import Id, UTCDateTime
from digest.store.db.schema.tables import (
    CHOOSES,
    CHOOSES_NOTHING,
    delivery,
    reader,
    subscription,
    suppression,
)
from digest.store.editions.canaries import CanaryPlan
from digest.store.editions.personal import choices
from digest.store.ledger.claims import BY_CHOICE, PAUSED
from digest.store.people import audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An edition that opens: for whom, who gets it first, and what was prepared for readers with choices.

    `regular` is whether the slot has an edition of its own, not a round-up alone.
    """

    edition_id: int
    newsletter: str
    now: datetime
    regular: bool
    first: CanaryPlan | None
    variants: Variants
    in_values: ColumnElement[bool] | None = None


async def write(conn: AsyncConnection, opening: Opening) -> None:
    """Make one delivery for each reader who may be mailed; paused readers get a row that says so.

    Who has chosen differently since the variants were prepared gets the edition's own mail, and nothing of a round-up.
    """
    if opening.regular:
        await conn.execute(insert(delivery).from_select(*_without_choices(opening)))
    columns, query, values = _with_choices(conn, opening)
    await conn.execute(insert(delivery).from_select(columns, query), values)


def _mailable(opening: Opening, *what: ColumnElement[Any]) -> Select[Any]:
    # The suppressed are few: looking each reader up among them would take as long as writing the deliveries.
    suppressed = select(reader.c.id).where(reader.c.key.in_(select(suppression.c.key)))
    query = select(literal(opening.edition_id), subscription.c.reader_id, subscription.c.id, *what).where(
        audience.subscribed(opening.newsletter), subscription.c.reader_id.not_in(suppressed)
    )
    return query if opening.in_values is None else query.where(opening.in_values)


def _without_choices(opening: Opening) -> tuple[list[str], Select[Any]]:
    columns = ["edition_id", "reader_id", "subscription_id", "state"]
    query = _mailable(opening, literal(State.QUEUED.value)).where(CHOOSES_NOTHING)
    query = query.order_by(subscription.c.reader_id)
    if opening.first is None:
        return columns, query
    of_readers = query.join(reader, reader.c.id == subscription.c.reader_id)
    return [*columns, "not_before"], of_readers.add_columns(opening.first.turn(opening.now))


def _with_choices(conn: AsyncConnection, opening: Opening) -> tuple[list[str], Select[Any], dict[str, Any]]:
    dialect, variants, now = conn.dialect.name, opening.variants, opening.now
    groups = bulk.table(
        dialect,
        "groups",
        {"sections": Text(), "since": Id, "variant": Integer(), "reason": Text()},
    )
    hours = bulk.table(dialect, "hours", {"timezone": Text(), "hour": Integer(), "at": Text()})
    is_paused = not_(choices.not_paused(now))
    reason = case((is_paused, PAUSED), else_=groups.c.reason)
    moment: ColumnElement[Any] = bulk.as_moment(dialect, hours.c.at)
    seeds = opening.first.seeds if opening.first else ()
    turn = opening.first.turn(now) if opening.first else null()
    query = _mailable(
        opening,
        case((reason.is_not(None), State.SKIPPED.value), else_=State.QUEUED.value),
        reason,
        case((reason.is_not(None), literal(now, UTCDateTime)), else_=null()),
        case((is_paused, null()), else_=groups.c.variant),
        case(
            (reason.is_not(None), null()),
            (and_(hours.c.at.is_not(None), reader.c.key.not_in(list(seeds))), moment),
            else_=turn,
        ),
    )
    since: ColumnElement[int] = literal(-1)
    if variants.round_up:
        since = case((choices.IS_WEEKLY, choices.last_had(conn, variants.recent)), else_=-1)
    query = (
        query.join(reader, reader.c.id == subscription.c.reader_id)
        .outerjoin(groups, and_(groups.c.sections == choices.SELECTION, groups.c.since == since))
        .outerjoin(hours, and_(hours.c.timezone == reader.c.timezone, hours.c.hour == subscription.c.hour))
        .where(CHOOSES, *_who(opening, groups.c.sections.is_not(None), is_paused))
        .order_by(subscription.c.reader_id)
    )
    columns = ["edition_id", "reader_id", "subscription_id", "state", "reason", "at", "variant", "not_before"]
    return (
        columns,
        query,
        {"groups": bulk.rows(_groups(variants)), "hours": bulk.rows(_hours(dialect, opening))},
    )


def _who(
    opening: Opening, prepared: ColumnElement[bool], is_paused: ColumnElement[bool]
) -> Sequence[ColumnElement[bool]]:
    """Return the conditions on readers with choices: who gets this edition, or a row that says why not."""
    if not opening.regular:  # a round-up alone
        return (choices.IS_WEEKLY, or_(prepared, is_paused))
    if not opening.variants.round_up:
        return (not_(choices.IS_WEEKLY),)
    return ()


def _groups(variants: Variants) -> list[tuple[Any, ...]]:
    found = []
    for wanted, number in variants.wanted.items():
        variant = variants.get(wanted)
        reason = f"{BY_CHOICE}{variant.reason}" if variant and variant.mail is None else None
        found.append((wanted.sections, -1 if wanted.since is None else wanted.since, number, reason))
    return found


def _hours(dialect: str, opening: Opening) -> list[tuple[Any, ...]]:
    """Return the hours that are still to come; who wanted it earlier gets it with the others."""
    first = opening.first.others_from(opening.now) if opening.first else opening.now
    return [
        (timezone, hour, bulk.moment(dialect, max(moment, first)))
        for (timezone, hour), moment in opening.variants.hours.items()
        if moment > opening.now
    ]
