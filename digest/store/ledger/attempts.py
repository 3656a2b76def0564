"""Write the results of attempts into the ledger (see `claims`)."""

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
    literal_column,
    null,
    or_,
    update,
)

from digest.model import Delivery, State
from digest.store.db import bulk
from digest.store.db.changes import Change
from digest.store.db.schema.tables import delivery, in_states
from digest.store.ledger.claims import FREE

MAX_REPLY_CHARACTERS = 500  # of what the other side said, kept


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
    hard: bool = False  # the address itself is the cause


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


_AWAITED = in_states(State.SENDING, State.QUEUED)
_FINAL: list[ColumnElement[str]] = [
    literal_column(f"'{state.value}'") for state in (State.SENT, State.REFUSED)
]


@cache
def _record(dialect: str) -> Update:
    said = bulk.table(dialect, "results", _COLUMNS)
    now = bulk.as_moment(dialect, bindparam("now", type_=Text))
    return (
        update(delivery)
        .where(_still(said, or_(_AWAITED, and_(in_states(State.UNKNOWN), said.c.state.in_(_FINAL)))))
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
        .where(_still(said, or_(_AWAITED, in_states(State.UNKNOWN))))
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


def _still(said: Subquery, open_to_it: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a result is still about the row that it names.

    A result may come late, after another process has taken this one for dead. While no process has claimed the row
    since, the result is true, and better than a doubt. But it does not open again what was left to a person: the
    edition may be closed, and no process would come for the row.
    """
    return and_(delivery.c.id == said.c.id, delivery.c.fence == said.c.fence, open_to_it)


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
        storable(result.reply[:MAX_REPLY_CHARACTERS]) or None,
        storable(result.remote_id) or None,
    )


def storable(said: str) -> str:
    """Leave out of a text from outside what databases do not take, so that it does not spoil a whole turn's results."""
    return said if said.isprintable() else said.replace("\0", "").encode("utf-8", "replace").decode()


def _row(dialect: str, result: Result) -> tuple[Any, ...]:
    return (
        *_named(result),
        result.state,
        storable(result.reason) or None,
        result.code or None,
        bulk.moment(dialect, result.not_before),
        int(result.counted),
        int(result.doubted),
    )
