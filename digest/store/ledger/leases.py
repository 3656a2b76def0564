"""The leases of deliveries: who holds rows, the signs of life, and what becomes of the rows of a process that is gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Text, Update, and_, bindparam, case, func, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import EditionStatus, State
from digest.store.db import bulk
from digest.store.db.changes import Change
from digest.store.db.schema.columns import unindexed
from digest.store.db.schema.tables import IN_FLIGHT, delivery, edition, in_states
from digest.store.ledger.claims import BACK, FREE

_MAX_UNFINISHED_ATTEMPTS = 20  # attempts after which a mail is not tried again by itself

MAYBE_SENT = "an attempt gave no answer: the reader may have had it already"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has rows of an edition in its hands, and until when it said that it would be alive."""

    edition_id: int
    status: EditionStatus
    owner: str
    lease_until: datetime
    edition: str = ""  # its name
    newsletter: str = ""


@cache
def _renew(dialect: str) -> Update:
    until = bulk.as_moment(dialect, bindparam("until", type_=Text))
    return update(delivery).where(IN_FLIGHT, delivery.c.owner == bindparam("by")).values(lease_until=until)


def renewing(dialect: str, owner: str, lease_until: datetime) -> Change:
    """Give a sign of life for everything that `owner` has in its hands."""
    return Change(_renew(dialect), {"by": owner, "until": bulk.moment(dialect, lease_until)})


async def holders(conn: AsyncConnection) -> list[Holder]:
    """Return who has rows in hand, of which edition, and the last sign of life of each."""
    edition_id = unindexed(delivery.c.edition_id)
    about = (edition.c.name, edition.c.newsletter)
    rows = await conn.execute(
        select(edition_id, edition.c.status, delivery.c.owner, func.max(delivery.c.lease_until), *about)
        .join_from(delivery, edition, edition.c.id == delivery.c.edition_id)
        .where(IN_FLIGHT)
        .group_by(edition_id, edition.c.status, delivery.c.owner, *about)
    )
    return [Holder(row[0], EditionStatus(row[1]), *row[2:]) for row in rows]


def standing(gone: Collection[str] = ()) -> ColumnElement[str]:
    """Return the state of a delivery as it is, also if it is not yet noted that these owners are gone."""
    if not gone:
        return delivery.c.state
    theirs = delivery.c.owner.in_(gone)
    return case(
        (and_(in_states(State.SENDING), theirs), State.UNKNOWN.value),
        (and_(in_states(State.CLAIMED), theirs), BACK),
        else_=delivery.c.state,
    )


def why(gone: Collection[str] = ()) -> ColumnElement[str]:
    """Return the reason for that state."""
    if not gone:
        return func.coalesce(delivery.c.reason, "")
    in_doubt = and_(in_states(State.SENDING), delivery.c.owner.in_(gone))
    return case((in_doubt, MAYBE_SENT), else_=func.coalesce(delivery.c.reason, ""))


async def recover(conn: AsyncConnection, holder: Holder, *, resend: bool, now: datetime) -> int:
    """Take back what a process that is gone had in hand; return how many of these may have been handed over.

    Claimed rows are queued again. Sending ones are in doubt: queued again if `resend`, else unknown until a person
    decides. A mail with which processes die again and again may be the cause, and is left to a person as well.
    """
    theirs = (
        select(delivery.c.id)
        .where(
            IN_FLIGHT,
            unindexed(delivery.c.edition_id) == holder.edition_id,
            delivery.c.owner == holder.owner,
        )
        .order_by(unindexed(delivery.c.id))
        .with_for_update(skip_locked=True)
    )
    ids = list(await conn.scalars(theirs))
    if not ids:
        return 0
    again = State.QUEUED.value if resend else State.UNKNOWN.value
    in_doubt = await conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == State.SENDING)
        .values(
            state=case((delivery.c.attempts < _MAX_UNFINISHED_ATTEMPTS, again), else_=State.UNKNOWN.value),
            reason=MAYBE_SENT,
            doubted_at=func.coalesce(delivery.c.doubted_at, now),
            not_before=null(),
            at=now,
            **FREE,
        )
    )
    await conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == State.CLAIMED)
        .values(state=BACK, **FREE)
    )
    return in_doubt.rowcount
