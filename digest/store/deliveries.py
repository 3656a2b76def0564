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

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import (
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

from digest.model import Delivery, EditionStatus, Recipient, State
from digest.store.schema import (
    CLAIMABLE,
    IN_FLIGHT,
    delivery,
    edition,
    in_states,
    reader,
    subscription,
    suppression,
)

MAYBE = "an attempt gave no answer: the reader may have had it already"

Connection: TypeAlias = AsyncConnection

_REPLY_LENGTH = 500  # of what the other side said, kept


@dataclass(frozen=True, slots=True)
class Result:
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


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has rows of an edition in its hands, and until when it said that it would be alive."""

    edition_id: int
    status: EditionStatus
    owner: str
    lease_until: datetime


# --- the way of a row ---------------------------------------------------------------------------------------

_IDS = delivery.c.id.in_(bindparam("ids", expanding=True))

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
        delivery.c.doubted_at.is_not(None),
        delivery.c.reader_id,
        delivery.c.subscription_id,
        reader.c.address,
        reader.c.name,
        _SKIP,
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
_CLAIM = (
    update(delivery)
    .where(_IDS)
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
    rows = list(await conn.execute(_RETRIES, {"edition": edition_id, "now": now, "n": n}))
    if len(rows) < n:
        rows += await conn.execute(_FRESH, {"edition": edition_id, "n": n - len(rows)})
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
        ids = [row.id for row in claimed]
        await conn.execute(_CLAIM, {"ids": ids, "by": owner, "until": lease_until})
    for reason, ids in skipped.items():
        values = {"state": State.SKIPPED, "reason": reason, "at": now}
        await conn.execute(update(delivery).where(delivery.c.id.in_(ids)).values(values))
    return claimed, len(rows) - len(claimed)


_MARK = (
    update(delivery)
    .where(_IDS, in_states(State.CLAIMED), delivery.c.owner == bindparam("by"))
    .values(state=State.SENDING.value, attempts=delivery.c.attempts + 1)
    .returning(delivery.c.id)
)


async def mark_sending(conn: AsyncConnection, claims: Collection[Delivery], owner: str) -> set[int]:
    """Say that these are about to be handed over; return the ids of those that still are `owner`'s to send."""
    if not claims:
        return set()
    return set(await conn.scalars(_MARK, {"ids": [claim.id for claim in claims], "by": owner}))


# A result may come late, after another process has given this one up; as long as nobody has claimed the row since,
# it is the truth, and better than a doubt.
_STILL_OURS = and_(
    delivery.c.id == bindparam("row"),
    delivery.c.fence == bindparam("own_fence"),
    in_states(State.SENDING, State.UNKNOWN, State.QUEUED),
)
_RECORD_SENT = (
    update(delivery)
    .where(_STILL_OURS)
    .values(
        state=State.SENT,
        reason=null(),
        owner=null(),
        lease_until=null(),
        not_before=null(),
        code=null(),
        reply=bindparam("said"),
        remote_id=bindparam("their_id"),
        at=bindparam("now"),
    )
)
_RECORD = (
    update(delivery)
    .where(_STILL_OURS)
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        owner=null(),
        lease_until=null(),
        not_before=bindparam("again"),
        code=bindparam("their_code"),
        reply=bindparam("said"),
        attempts=delivery.c.attempts - bindparam("uncounted"),
        doubted_at=func.coalesce(delivery.c.doubted_at, bindparam("doubt", type_=delivery.c.doubted_at.type)),
        at=bindparam("now"),
    )
)


async def record(conn: AsyncConnection, results: Iterable[Result], *, now: datetime) -> int:
    """Write what attempts came to; return how many were not written because their row is another's by now."""
    sent: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for result in results:
        row = {
            "row": result.delivery.id,
            "own_fence": result.delivery.fence,
            "said": result.reply[:_REPLY_LENGTH] or None,
            "now": now,
        }
        if result.state is State.SENT:
            sent.append({**row, "their_id": result.remote_id or None})
        else:
            others.append(row | _details(result, now))
    written = 0
    for statement, rows in ((_RECORD_SENT, sent), (_RECORD, others)):
        if rows:
            written += (await conn.execute(statement, rows)).rowcount
    return len(sent) + len(others) - written


def _details(result: Result, now: datetime) -> dict[str, Any]:
    return {
        "new_state": result.state,
        "why": result.reason or None,
        "again": result.not_before,
        "their_code": result.code or None,
        "uncounted": 0 if result.counted else 1,
        "doubt": now if result.doubted else None,
    }


_BACK = case((delivery.c.code.is_(None), State.QUEUED.value), else_=State.DEFERRED.value)
_FREE: Mapping[str, Any] = {"owner": null(), "lease_until": null()}


async def release(conn: AsyncConnection, claims: Collection[Delivery], owner: str) -> None:
    """Put rows back that certainly were not handed over."""
    if not claims:
        return
    mine = and_(delivery.c.id.in_([claim.id for claim in claims]), delivery.c.owner == owner, IN_FLIGHT)
    await conn.execute(
        update(delivery)
        .where(mine)
        .values(
            state=_BACK,
            attempts=case(
                (delivery.c.state == State.SENDING, delivery.c.attempts - 1), else_=delivery.c.attempts
            ),
            **_FREE,
        )
    )


async def release_claimed(conn: AsyncConnection, owner: str) -> None:
    """Put back all that `owner` has claimed and not begun to send."""
    claimed = and_(in_states(State.CLAIMED), delivery.c.owner == owner)
    await conn.execute(update(delivery).where(claimed).values(state=_BACK, **_FREE))


async def next_due(conn: AsyncConnection, editions: Collection[int], now: datetime) -> datetime | None:
    """Return when a row of these editions can be claimed next, `now` for at once; None if none ever can."""
    of_these = delivery.c.edition_id.in_(editions)
    if await conn.scalar(
        select(delivery.c.id).where(of_these, CLAIMABLE, delivery.c.not_before.is_(None)).limit(1)
    ):
        return now
    earliest: datetime | None = await conn.scalar(
        select(func.min(delivery.c.not_before)).where(of_these, CLAIMABLE)
    )
    return earliest


# --- processes that are gone ----------------------------------------------------------------------------------


async def renew(conn: AsyncConnection, owner: str, lease_until: datetime) -> None:
    """Give a sign of life for everything that `owner` has in its hands."""
    await conn.execute(
        update(delivery).where(IN_FLIGHT, delivery.c.owner == owner).values(lease_until=lease_until)
    )


async def holders(conn: AsyncConnection) -> list[Holder]:
    """Return who has rows in hand, of which edition, and the last sign of life of each."""
    rows = await conn.execute(
        select(delivery.c.edition_id, edition.c.status, delivery.c.owner, func.max(delivery.c.lease_until))
        .join_from(delivery, edition)
        .where(IN_FLIGHT)
        .group_by(delivery.c.edition_id, edition.c.status, delivery.c.owner)
    )
    return [Holder(row[0], EditionStatus(row[1]), row[2], row[3]) for row in rows]


async def recover(conn: AsyncConnection, holder: Holder, *, resend: bool, now: datetime) -> int:
    """Take back what a process that is gone had in hand; return how many of these may have been handed over.

    Claimed rows are queued again. Sending ones are in doubt: queued once more if `resend` and if this is the first
    doubt about them, else unknown until a person decides.
    """
    theirs = (
        select(delivery.c.id)
        .where(IN_FLIGHT, delivery.c.edition_id == holder.edition_id, delivery.c.owner == holder.owner)
        .order_by(delivery.c.id)
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
            state=case((delivery.c.doubted_at.is_(None), again), else_=State.UNKNOWN.value),
            reason=MAYBE,
            doubted_at=func.coalesce(delivery.c.doubted_at, now),
            not_before=null(),
            at=now,
            **_FREE,
        )
    )
    await conn.execute(
        update(delivery)
        .where(delivery.c.id.in_(ids), delivery.c.state == State.CLAIMED)
        .values(state=_BACK, **_FREE)
    )
    return in_doubt.rowcount
