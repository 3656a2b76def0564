"""Suppress readers that a server refused for good; undo that if the refusal was about the sender."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import Delete, Integer, Text, bindparam, delete, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert  # SQLite spells ON CONFLICT the same way

from digest.model import State
from digest.store.db import bulk
from digest.store.db.changes import Change
from digest.store.db.schema.tables import delivery, edition, reader, suppression
from digest.store.ledger.attempts import MAX_REPLY_CHARACTERS, Result, storable

_COLUMNS = {"id": delivery.c.id.type, "fence": Integer(), "reply": Text()}


@cache
def _suppress(dialect: str) -> Insert:
    said = bulk.table(dialect, "refusals", _COLUMNS)
    reason = literal("the server refused ") + edition.c.name + literal(" for good: ") + said.c.reply
    now = bulk.as_moment(dialect, bindparam("now", type_=Text))
    recorded = (
        select(reader.c.key, reason, now, delivery.c.id)
        .select_from(said)
        .join(delivery, (delivery.c.id == said.c.id) & (delivery.c.fence == said.c.fence))
        .join(reader, reader.c.id == delivery.c.reader_id)
        .join(edition, edition.c.id == delivery.c.edition_id)
        .where(delivery.c.state == State.REFUSED.value, reader.c.address != "")
    )
    return (
        insert(suppression)
        .from_select(["key", "reason", "since", "delivery_id"], recorded)
        .on_conflict_do_nothing()
    )


def suppressing(dialect: str, results: Iterable[Result], *, now: datetime) -> Change | None:
    """Suppress the readers whose addresses do not exist, as these results say; None where none says so.

    To be carried out behind the results themselves: it looks at rows that have been recorded.
    """
    hard = [result for result in results if result.hard]
    if not hard:
        return None
    rows = [(one.delivery.id, one.delivery.fence, storable(one.reply[:MAX_REPLY_CHARACTERS])) for one in hard]
    return Change(_suppress(dialect), {"refusals": bulk.rows(rows), "now": bulk.moment(dialect, now)})


@cache
def _withdraw(dialect: str) -> Delete:
    return delete(suppression).where(bulk.in_values_parameter(dialect, suppression.c.delivery_id, "ids"))


def withdrawing(dialect: str, deliveries: Iterable[int]) -> Change:
    """Lift the suppressions that came from the answers to these deliveries, by their ids."""
    return Change(_withdraw(dialect), {"ids": bulk.numbers(dialect, deliveries)})
