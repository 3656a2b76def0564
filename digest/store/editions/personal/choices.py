"""What the readers of a newsletter have chosen, each combination once. Few have chosen anything: an index finds them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SKIPPED, Frequency, State, Wanted
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import (
    CHOOSES,
    delivery,
    edition,
    in_states,
    reader,
    subscription,
)
from digest.store.ledger.claims import BY_CHOICE
from digest.store.people import audience

#: How far a round-up looks back for a reader who missed the last one.
ROUND_UPS_LOOK_BACK = timedelta(days=14)

#: A selection as it is stored, "" for all sections.
SELECTION = func.coalesce(cast(subscription.c.sections, Text), "")
IS_WEEKLY = subscription.c.frequency == Frequency.WEEKLY


@dataclass(frozen=True, slots=True)
class Choices:
    """What readers who may be mailed now want, with their number; and the hours that they want it at.

    An hour is a pair of a time zone ("" for the newsletter's) and an hour of the day.
    """

    wanted: Sequence[tuple[Wanted, int]]
    hours: Sequence[tuple[str, int]]


def sections_of(wanted: Wanted) -> tuple[str, ...] | None:
    """Return the titles of a selection; None for all."""
    return tuple(json.loads(wanted.sections)) if wanted.sections else None


def not_paused(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a subscription makes no pause at a moment."""
    return or_(subscription.c.paused_until.is_(None), subscription.c.paused_until <= now)


def last_had(conn: AsyncConnection, recent: Collection[int]) -> ColumnElement[int]:
    """Return the id of the last of these editions that a subscription's reader has had or may get yet, 0 for none."""
    chosen_away = and_(
        in_states(State.SKIPPED), func.coalesce(delivery.c.reason, "").startswith(BY_CHOICE, autoescape=True)
    )
    theirs = select(func.max(delivery.c.edition_id)).where(
        delivery.c.reader_id == subscription.c.reader_id,
        in_values(conn, delivery.c.edition_id, recent),
        not_(chosen_away),
    )
    return func.coalesce(theirs.correlate(subscription).scalar_subquery(), 0)


async def last_had_by(conn: AsyncConnection, subscription_id: int, recent: Collection[int]) -> int:
    """Return the id of the last of these editions that one reader has had or may get yet, 0 for none."""
    query = (
        select(last_had(conn, recent)).select_from(subscription).where(subscription.c.id == subscription_id)
    )
    return int(await conn.scalar(query) or 0)


async def of_readers(
    conn: AsyncConnection, newsletter: str, now: datetime, *, weekly: bool, recent: Collection[int]
) -> Choices:
    """Return what a newsletter's readers want; of those who read weekly only with `weekly`, when a round-up is due."""
    theirs = (audience.subscribed(newsletter), CHOOSES, not_paused(now))
    since = last_had(conn, recent) if weekly else literal(0)
    of_each = select(SELECTION.label("sections"), IS_WEEKLY.label("weekly"), since.label("since"))
    each = of_each.where(*theirs, *(() if weekly else (not_(IS_WEEKLY),))).subquery()
    since_if_weekly = func.coalesce(each.c.since, 0)
    counts = select(each.c.sections, each.c.weekly, since_if_weekly, func.count()).group_by(
        each.c.sections, each.c.weekly, since_if_weekly
    )
    found: dict[Wanted, int] = {}
    for sections, is_weekly, last, count in await conn.execute(
        counts.order_by(each.c.sections, since_if_weekly)
    ):
        wanted = Wanted(sections, last if is_weekly else None)
        found[wanted] = found.get(wanted, 0) + count
    hours = (
        select(reader.c.timezone, subscription.c.hour)
        .join_from(subscription, reader)
        .where(*theirs, subscription.c.hour.is_not(None))
        .distinct()
    )
    return Choices(list(found.items()), [(row[0], row[1]) for row in await conn.execute(hours)])


async def recent_editions(
    conn: AsyncConnection, newsletter: str, now: datetime, *, but: int | None = None
) -> list[tuple[int, str]]:
    """Return id and slot of the editions that a round-up looks back on, but for one that it takes the place of."""
    query = select(edition.c.id, edition.c.slot).where(
        edition.c.newsletter == newsletter,
        edition.c.status.not_in(SKIPPED),
        edition.c.opened_at > now - ROUND_UPS_LOOK_BACK,
        edition.c.id != (but or 0),
    )
    return [(row[0], row[1]) for row in await conn.execute(query.order_by(edition.c.id))]
