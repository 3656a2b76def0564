"""The ledger: one row per edition and reader, and the only ways in which a row changes.

    queued ──claim──> claimed ──mark_sending──> sending ──record──> sent | deferred | refused | unknown
       ^                 │                         │
       └──release────────┴────────release──────────┤ (certainly not handed over)
       └──recover: its process is gone─────────────┘ (in doubt: queued once more, or unknown, by policy)

`sending` is committed before the first irreversible byte. A claim raises the row's `fence`; a result is written only
where the fence is still its own. Functions that change rows take a connection inside a transaction
(`async with db.begin() as conn`), so that one commit can carry many of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Delivery, Recipient, State
from digest.store import bulk
from digest.store.schema import (
    CLAIMABLE,
    IN_FLIGHT,
    UTCDateTime,
    delivery,
    in_states,
    reader,
    subscription,
    suppression,
)

Connection: TypeAlias = AsyncConnection

_REPLY_LENGTH = 500  # of what the other side said, kept
FREE: Mapping[str, Any] = {"owner": null(), "lease_until": null()}


class Result(NamedTuple):
    """What an attempt came to, as the row will say it; `counted` is False where it says nothing about the reader."""

    delivery: Delivery
    state: State
    reason: str = ""
    code: int = 0
    reply: str = ""
    remote_id: str = ""
    not_before: datetime | None = None
    doubted: bool = False
    counted: bool = True


_SKIP = case(
    (or_(reader.c.id.is_(None), reader.c.address == ""), "the reader was forgotten"),
    (
        or_(subscription.c.id.is_(None), subscription.c.status == "unsubscribed"),
        "the reader has unsubscribed",
    ),
    (subscription.c.status != "confirmed", "the subscription is not confirmed"),
    (suppression.c.key.is_not(None), "the address is suppressed: " + suppression.c.reason),
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
        _SKIP.label("skip"),
    )
    .select_from(
        delivery.outerjoin(reader, reader.c.id == delivery.c.reader_id)
        .outerjoin(subscription, subscription.c.id == delivery.c.subscription_id)
        .outerjoin(suppression, suppression.c.key == reader.c.key)
    )
    .where(delivery.c.edition_id == bindparam("edition"), CLAIMABLE)
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
        .where(bulk.among(dialect, delivery.c.id, "ids"))
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
    """Take up to `n` rows that are due, retries first; skip whoever may not be mailed any more, with the reason.

    Consent and suppression are read in this transaction. Returns what was claimed and how many were skipped.
    """
    rows = list(await bulk.fetch(conn, _RETRIES, {"edition": edition_id, "now": now, "n": n}))
    if len(rows) < n:
        rows += await bulk.fetch(conn, _FRESH, {"edition": edition_id, "n": n - len(rows)})
    skipped: dict[str, list[int]] = {}
    claimed = []
    for id_, attempts, fence, doubted, reader_id, subscription_id, address, name, skip in rows:
        if skip:
            skipped.setdefault(skip, []).append(id_)
            continue
        recipient = Recipient(
            reader_id=reader_id, subscription_id=subscription_id, address=address, name=name
        )
        claimed.append(
            Delivery(
                id=id_,
                edition_id=edition_id,
                recipient=recipient,
                attempts=attempts + 1,
                fence=fence + 1,
                doubted=bool(doubted),
            )
        )
    if claimed:
        dialect = conn.dialect.name
        ids = bulk.numbers(dialect, [row.id for row in claimed])
        await conn.execute(_claim(dialect), {"ids": ids, "by": owner, "until": lease_until})
    for reason, left in skipped.items():
        values = {"state": State.SKIPPED, "reason": reason, "at": now}
        await conn.execute(update(delivery).where(delivery.c.id.in_(left)).values(values))
    return claimed, len(rows) - len(claimed)


def _ours(dialect: str) -> ColumnElement[bool]:
    return and_(bulk.among(dialect, delivery.c.id, "ids"), delivery.c.owner == bindparam("by"))


@cache
def _mark(dialect: str) -> Update:
    return (
        update(delivery)
        .where(_ours(dialect), in_states(State.CLAIMED))
        .values(state=State.SENDING.value, attempts=delivery.c.attempts + 1)
    )


async def mark_sending(conn: AsyncConnection, claims: Collection[Delivery], owner: str) -> set[int]:
    """Say that these are about to be handed over; return the ids of those that still are `owner`'s to send."""
    if not claims:
        return set()
    dialect, ids = conn.dialect.name, {claim.id for claim in claims}
    those = {"ids": bulk.numbers(dialect, ids), "by": owner}
    if (await conn.execute(_mark(dialect), those)).rowcount == len(ids):
        return ids
    marked = select(delivery.c.id).where(_ours(dialect), in_states(State.SENDING))
    return set(await conn.scalars(marked, those))


_COLUMNS = {
    "id": delivery.c.id.type,
    "fence": Integer(),
    "state": Text(),
    "reply": Text(),
    "remote_id": Text(),
    "reason": Text(),
    "code": Integer(),
    "not_before": Text(),
    "counted": Integer(),
    "doubted": Integer(),
}


@cache
def _record(dialect: str) -> Update:
    said = bulk.table(dialect, "results", _COLUMNS)
    return (
        update(delivery)
        # A result may come late, after another process has given this one up. As long as nobody has claimed the row
        # since, it is the truth, and better than a doubt.
        .where(
            delivery.c.id == said.c.id,
            delivery.c.fence == said.c.fence,
            in_states(State.SENDING, State.UNKNOWN, State.QUEUED),
        )
        .values(
            state=said.c.state,
            reply=said.c.reply,
            remote_id=said.c.remote_id,
            reason=said.c.reason,
            code=said.c.code,
            not_before=bulk.as_moment(dialect, said.c.not_before),
            attempts=delivery.c.attempts - 1 + said.c.counted,
            doubted_at=case(
                (
                    said.c.doubted == 1,
                    func.coalesce(delivery.c.doubted_at, bindparam("now", type_=UTCDateTime)),
                ),
                else_=delivery.c.doubted_at,
            ),
            at=bindparam("now", type_=UTCDateTime),
            **FREE,
        )
    )


async def record(conn: AsyncConnection, results: Collection[Result], *, now: datetime) -> int:
    """Write what attempts came to; return how many were not written because their row is another's by now."""
    if not results:
        return 0
    dialect = conn.dialect.name
    rows = bulk.rows([_row(dialect, result) for result in results])
    return len(results) - (await conn.execute(_record(dialect), {"results": rows, "now": now})).rowcount


def _row(dialect: str, result: Result) -> tuple[Any, ...]:
    return (
        result.delivery.id,
        result.delivery.fence,
        result.state,
        result.reply[:_REPLY_LENGTH] or None,
        result.remote_id or None,
        result.reason or None,
        result.code or None,
        bulk.moment(dialect, result.not_before),
        int(result.counted),
        int(result.doubted),
    )


BACK = case((delivery.c.code.is_(None), State.QUEUED.value), else_=State.DEFERRED.value)


async def release(conn: AsyncConnection, claims: Collection[Delivery], owner: str) -> None:
    """Put rows back that certainly were not handed over."""
    if not claims:
        return
    mine = and_(delivery.c.id.in_([claim.id for claim in claims]), delivery.c.owner == owner, IN_FLIGHT)
    await conn.execute(
        update(delivery)
        .where(mine)
        .values(
            state=BACK,
            attempts=case(
                (delivery.c.state == State.SENDING, delivery.c.attempts - 1), else_=delivery.c.attempts
            ),
            **FREE,
        )
    )


@cache
def _postpone(dialect: str) -> Update:
    later = bulk.table(dialect, "later", {"id": delivery.c.id.type, "not_before": Text()})
    return (
        update(delivery)
        .where(delivery.c.id == later.c.id, delivery.c.owner == bindparam("by"), in_states(State.CLAIMED))
        .values(state=BACK, not_before=bulk.as_moment(dialect, later.c.not_before), **FREE)
    )


async def postpone(conn: AsyncConnection, later: Sequence[tuple[Delivery, datetime]], owner: str) -> None:
    """Put claimed rows back, each with the time before which nobody shall claim it."""
    if later:
        dialect = conn.dialect.name
        rows = bulk.rows([(one.id, bulk.moment(dialect, until)) for one, until in later])
        await conn.execute(_postpone(dialect), {"later": rows, "by": owner})


async def release_claimed(conn: AsyncConnection, owner: str) -> None:
    """Put back all that `owner` has claimed and not begun to send."""
    claimed = and_(in_states(State.CLAIMED), delivery.c.owner == owner)
    await conn.execute(update(delivery).where(claimed).values(state=BACK, **FREE))
