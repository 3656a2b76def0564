"""What attempts came to, written into the ledger (see `claims`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    null,
    update,
)

from digest.model import Delivery, State
from digest.store import bulk
from digest.store.changes import Change
from digest.store.claims import FREE
from digest.store.schema import delivery, in_states

_REPLY_LENGTH = 500  # of what the other side said, kept


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


_NAMED = {"id": delivery.c.id.type, "fence": Integer(), "reply": Text(), "remote_id": Text()}
_COLUMNS = {
    **_NAMED,
    "state": Text(),
    "reason": Text(),
    "code": Integer(),
    "not_before": Text(),
    "counted": Integer(),
    "doubted": Integer(),
}


@cache
def _record(dialect: str) -> Update:
    said = bulk.table(dialect, "results", _COLUMNS)
    now = bulk.as_moment(dialect, bindparam("now", type_=Text))
    return (
        update(delivery)
        .where(_still(said))
        .values(
            state=said.c.state,
            reply=said.c.reply,
            remote_id=said.c.remote_id,
            reason=said.c.reason,
            code=said.c.code,
            not_before=bulk.as_moment(dialect, said.c.not_before),
            attempts=delivery.c.attempts - 1 + said.c.counted,
            doubted_at=case(
                (said.c.doubted == 1, func.coalesce(delivery.c.doubted_at, now)), else_=delivery.c.doubted_at
            ),
            at=now,
            **FREE,
        )
    )


@cache
def _record_sent(dialect: str) -> Update:
    """Return what does the same where every result is a mail that was taken, as nearly always, in half the time."""
    said = bulk.table(dialect, "results", _NAMED)
    return (
        update(delivery)
        .where(_still(said))
        .values(
            state=State.SENT.value,
            reply=said.c.reply,
            remote_id=said.c.remote_id,
            reason=null(),
            code=null(),
            not_before=null(),
            at=bulk.as_moment(dialect, bindparam("now", type_=Text)),
            **FREE,
        )
    )


def _still(said: Subquery) -> ColumnElement[bool]:
    """Return the condition that a result is still about the row that it names.

    It may come late, after another process has given this one up. As long as nobody has claimed the row since, it is
    the truth, and better than a doubt.
    """
    return and_(
        delivery.c.id == said.c.id,
        delivery.c.fence == said.c.fence,
        in_states(State.SENDING, State.UNKNOWN, State.QUEUED),
    )


def recording(dialect: str, results: Collection[Result], *, now: datetime) -> Change:
    """Write what attempts came to; it does not meet rows that are another's by now."""
    if {result.state for result in results} <= {State.SENT}:
        rows, statement = [_named(result) for result in results], _record_sent(dialect)
    else:
        rows, statement = [_row(dialect, result) for result in results], _record(dialect)
    return Change(statement, {"results": bulk.rows(rows), "now": bulk.moment(dialect, now)})


def _named(result: Result) -> tuple[Any, ...]:
    return (
        result.delivery.id,
        result.delivery.fence,
        result.reply[:_REPLY_LENGTH] or None,
        result.remote_id or None,
    )


def _row(dialect: str, result: Result) -> tuple[Any, ...]:
    return (
        *_named(result),
        result.state,
        result.reason or None,
        result.code or None,
        bulk.moment(dialect, result.not_before),
        int(result.counted),
        int(result.doubted),
    )
