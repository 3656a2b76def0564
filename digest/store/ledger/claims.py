"""The ledger: one row per edition and reader, and the only ways in which a row changes.

    queued ──claim──> claimed ────marking────> sending ──recording──> sent | deferred | refused | unknown
       ^                 │                         │
       └──releasing──────┴───────releasing─────────┤ (certainly not handed over)
       └──recover: its process is gone─────────────┘ (in doubt: queued once more, or unknown, by policy)

`sending` is committed before the first irreversible byte, and only where the reader may still be mailed. A claim raises
the row's `fence`; a result is written only where the fence is still its own. What changes rows without a look at them
first is returned as a `Change`, so that one step can carry out many of them (`db.carry_out`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Text,
    Update,
    and_,
    bindparam,
    case,
    exists,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Delivery, EditionStatus, Recipient, State, SubscriptionStatus
from digest.store.db import bulk
from digest.store.db.changes import Change
from digest.store.db.schema.columns import UTCDateTime
from digest.store.db.schema.tables import (
    CLAIMABLE,
    IN_FLIGHT,
    delivery,
    edition,
    in_states,
    reader,
    subscription,
    suppression,
)
from digest.store.ledger.consent import mailable

Connection: TypeAlias = AsyncConnection

FREE: Mapping[str, Any] = {"owner": null(), "lease_until": null()}


#: How the reason begins where readers get no copy because of what they chose: nothing went wrong, and nothing is retried.
BY_CHOICE = "by the reader's choice: "
PAUSED = f"{BY_CHOICE}paused"

#: Why nothing may be sent to a delivery's reader `now`, a parameter; null where it may. Needs `WITH_READERS`.
SKIP = case(
    (or_(reader.c.id.is_(None), reader.c.address == ""), "the reader was forgotten"),
    (subscription.c.id.is_(None), "the subscription is missing in the database"),
    (subscription.c.status == SubscriptionStatus.UNSUBSCRIBED, "the reader has unsubscribed"),
    (subscription.c.status != SubscriptionStatus.CONFIRMED, "the subscription is not confirmed"),
    (suppression.c.key.is_not(None), "the address is suppressed: " + suppression.c.reason),
    (subscription.c.paused_until > bindparam("now", type_=UTCDateTime), PAUSED),
)
WITH_READERS = (
    delivery.outerjoin(reader, reader.c.id == delivery.c.reader_id)
    .outerjoin(subscription, subscription.c.id == delivery.c.subscription_id)
    .outerjoin(suppression, suppression.c.key == reader.c.key)
)
_DUE = (
    select(
        delivery.c.id,
        delivery.c.attempts,
        delivery.c.fence,
        delivery.c.doubted_at.is_not(None).label("doubted"),
        delivery.c.reader_id,
        delivery.c.subscription_id,
        reader.c.address,
        reader.c.name,
        reader.c.text_only,
        delivery.c.variant,
        SKIP.label("skip"),
    )
    .select_from(WITH_READERS)
    .where(
        delivery.c.edition_id == bindparam("edition"),
        CLAIMABLE,
        # A pause holds from the moment it is stored, not from when a process next looks.
        exists().where(edition.c.id == bindparam("edition"), edition.c.status == EditionStatus.SENDING.value),
    )
    .order_by(delivery.c.not_before, delivery.c.id)
    .limit(bindparam("n"))
    .with_for_update(of=delivery, skip_locked=True)
)
_RETRIES = _DUE.where(delivery.c.not_before <= bindparam("now"))
_FRESH = _DUE.where(delivery.c.not_before.is_(None))


@cache
def _claim(dialect: str) -> Update:
    return (
        update(delivery)
        .where(bulk.in_values_parameter(dialect, delivery.c.id, "ids"))
        .values(
            state=State.CLAIMED.value,
            owner=bindparam("by"),
            lease_until=bindparam("until"),
            fence=delivery.c.fence + 1,
        )
    )


async def claim(
    conn: AsyncConnection, edition_id: int, owner: str, n: int, *, now: datetime, lease_until: datetime
) -> tuple[list[Delivery], int]:
    """Take up to `n` rows that are due, retries first; skip readers who may not be mailed any more, with the reason.

    Consent and suppression are read in this transaction. Returns what was claimed and how many were skipped.
    """
    rows = list(await bulk.fetch(conn, _RETRIES, {"edition": edition_id, "now": now, "n": n}))
    if len(rows) < n:
        rows += await bulk.fetch(conn, _FRESH, {"edition": edition_id, "now": now, "n": n - len(rows)})
    skipped: dict[str, list[int]] = {}
    claimed = []
    for (
        id_,
        attempts,
        fence,
        doubted,
        reader_id,
        subscription_id,
        address,
        name,
        text_only,
        variant,
        skip,
    ) in rows:
        if skip:
            skipped.setdefault(skip, []).append(id_)
            continue
        recipient = Recipient(reader_id, subscription_id, address, name, bool(text_only), variant)
        claimed.append(Delivery(id_, edition_id, recipient, attempts + 1, fence + 1, bool(doubted)))
    if claimed:
        dialect = conn.dialect.name
        ids = bulk.numbers(dialect, [row.id for row in claimed])
        await conn.execute(_claim(dialect), {"ids": ids, "by": owner, "until": lease_until})
    for reason, left in skipped.items():
        values = {"state": State.SKIPPED, "reason": reason, "at": now}
        await conn.execute(update(delivery).where(delivery.c.id.in_(left)).values(values))
    return claimed, len(rows) - len(claimed)


def _ours(dialect: str) -> ColumnElement[bool]:
    return and_(bulk.in_values_parameter(dialect, delivery.c.id, "ids"), delivery.c.owner == bindparam("by"))


def _these(dialect: str, claims: Iterable[Delivery], owner: str) -> dict[str, Any]:
    return {"ids": bulk.numbers(dialect, [claim.id for claim in claims]), "by": owner}


@cache
def _mark(dialect: str) -> Update:
    return (
        update(delivery)
        .where(_ours(dialect), in_states(State.CLAIMED), mailable(dialect))
        .values(state=State.SENDING.value, attempts=delivery.c.attempts + 1)
    )


def marking(dialect: str, claims: Collection[Delivery], owner: str, *, now: datetime) -> Change:
    """Mark rows as being sent, those of them that `owner` still holds and whose readers may be mailed.

    A reader who has left, paused, or was suppressed or forgotten since the claim, is not marked. Of an edition that was
    paused or cancelled, none is.
    """
    return Change(_mark(dialect), {**_these(dialect, claims, owner), "now": bulk.moment(dialect, now)})


async def marked(conn: AsyncConnection, claims: Collection[Delivery], owner: str) -> set[int]:
    """Return the ids of those that `owner` has marked as being sent."""
    dialect = conn.dialect.name
    query = select(delivery.c.id).where(_ours(dialect), in_states(State.SENDING))
    return set(await conn.scalars(query, _these(dialect, claims, owner)))


BACK = case((delivery.c.code.is_(None), State.QUEUED.value), else_=State.DEFERRED.value)


@cache
def _release(dialect: str) -> Update:
    uncounted = case(
        (in_states(State.SENDING), delivery.c.attempts - 1),
        else_=delivery.c.attempts,
    )
    return update(delivery).where(_ours(dialect), IN_FLIGHT).values(state=BACK, attempts=uncounted, **FREE)


def releasing(dialect: str, claims: Collection[Delivery], owner: str) -> Change:
    """Put rows back that certainly were not handed over."""
    return Change(_release(dialect), _these(dialect, claims, owner))


@cache
def _postpone(dialect: str) -> Update:
    later = bulk.table(dialect, "later", {"id": delivery.c.id.type, "not_before": Text()})
    return (
        update(delivery)
        .where(delivery.c.id == later.c.id, delivery.c.owner == bindparam("by"), in_states(State.CLAIMED))
        .values(state=BACK, not_before=bulk.as_moment(dialect, later.c.not_before), **FREE)
    )


def postponing(dialect: str, later: Iterable[tuple[Delivery, datetime]], owner: str) -> Change:
    """Put claimed rows back, each with the time before which it must not be claimed."""
    rows = bulk.rows([(one.id, bulk.moment(dialect, until)) for one, until in later])
    return Change(_postpone(dialect), {"later": rows, "by": owner})


_RELEASE_CLAIMED = (
    update(delivery)
    .where(IN_FLIGHT, in_states(State.CLAIMED), delivery.c.owner == bindparam("by"))  # IN_FLIGHT has an index
    .values(state=BACK, **FREE)
)


def releasing_claimed(owner: str) -> Change:
    """Put back all that `owner` has claimed and not begun to send."""
    return Change(_RELEASE_CLAIMED, {"by": owner})


_ANY_CLAIMED = select(
    exists().where(IN_FLIGHT, in_states(State.CLAIMED), delivery.c.owner == bindparam("by"))
)


async def any_claimed(conn: AsyncConnection, owner: str) -> bool:
    """Tell whether `owner` has claimed rows and not begun to send them."""
    return bool(await conn.scalar(_ANY_CLAIMED, {"by": owner}))
