"""Canaries: a few readers get an edition first, and the others only if the answers to their mails are good.

The order of the readers is written into the deliveries when the edition opens, and the time to judge the answers is a
fact in the database, so both survive a crash.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import EditionStatus, State
from digest.store.db.database import Database
from digest.store.db.schema.columns import UTCDateTime
from digest.store.db.schema.tables import delivery, edition, meta, reader

_KEY_PREFIX = "canary:"  # and the edition's id: when to look at the answers
_CLAIM_MARGIN = timedelta(
    seconds=2
)  # from then until the others may be claimed; who delivers looks several times a second
_MAX_BAD_SHARE = 0.05  # of the answers: with more of them bad, the edition is held
_MIN_BAD_ANSWERS = 2  # bad answers; a single one is chance


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryPlan:
    """Who gets an edition first: the `seeds`, then one reader in `every`, and the others after `wait`."""

    every: int = 1
    wait: timedelta = timedelta(0)
    seeds: Collection[str] = ()  # readers' keys

    def turn(self, now: datetime) -> ColumnElement[datetime | None]:
        """Return, for use in a query of readers, the time before which a reader's copy is not sent."""
        which = int(now.timestamp()) % self.every  # not the same readers each time
        return case(
            (
                reader.c.key.in_(self.seeds),
                literal(now, UTCDateTime),
            ),  # what has a time comes before what has none
            (reader.c.id % self.every == which, null()),
            else_=literal(self.others_from(now), UTCDateTime),
        )

    def others_from(self, now: datetime) -> datetime:
        """Return the time before which nobody but the first readers gets an edition that opens `now`."""
        return now + self.wait + _CLAIM_MARGIN if self.every > 1 else now

    async def begin(self, conn: AsyncConnection, edition_id: int, now: datetime) -> None:
        """Note when the answers have to be judged."""
        if self.every > 1:
            await conn.execute(
                insert(meta).values(key=f"{_KEY_PREFIX}{edition_id}", value=(now + self.wait).isoformat())
            )


async def due(conn: AsyncConnection, now: datetime) -> list[int]:
    """Return the editions whose first answers have to be judged now."""
    facts = await conn.execute(select(meta).where(meta.c.key.startswith(_KEY_PREFIX)))
    return [
        int(fact.key.removeprefix(_KEY_PREFIX)) for fact in facts if now >= datetime.fromisoformat(fact.value)
    ]


async def judge(db: Database, edition_id: int) -> None:
    """Look at an edition's answers, once; hold it if too many are bad."""
    this = edition.c.id == edition_id
    async with db.connect() as conn:
        status = await conn.scalar(select(edition.c.status).where(this))
    if status == EditionStatus.PAUSED:  # a person has it; it is looked at when it goes on
        return
    reason = await _complaint(db, edition_id)
    async with db.begin() as conn:
        gone = await conn.execute(delete(meta).where(meta.c.key == f"{_KEY_PREFIX}{edition_id}"))
        if gone.rowcount and reason:
            sending = and_(this, edition.c.status == EditionStatus.SENDING)
            held = {"status": EditionStatus.PAUSED, "reason": reason}
            await conn.execute(update(edition).where(sending).values(**held))


async def _complaint(db: Database, edition_id: int) -> str:
    """Return what is wrong with the answers so far, "" for nothing; all of them are the canary's."""
    throttled = or_(
        delivery.c.code == 421, delivery.c.reply.contains(" 4.7."), delivery.c.reply.contains(" 5.7.")
    )
    bad = or_(delivery.c.state == State.REFUSED, and_(delivery.c.state == State.DEFERRED, throttled))
    answered = delivery.c.state.in_([State.SENT, State.DEFERRED, State.REFUSED, State.UNKNOWN])
    of_it = and_(delivery.c.edition_id == edition_id, answered)
    async with db.connect() as conn:
        query = select(func.count(), func.count().filter(bad), func.max(delivery.c.reply).filter(bad))
        total, n, reply = (await conn.execute(query.where(of_it))).one()
    if n < _MIN_BAD_ANSWERS or n <= _MAX_BAD_SHARE * total:
        return ""
    return (
        f"{n} of the first {total} mails were refused or put off as suspicious (such as: {reply}); the others wait. "
        'Look into it, then "digest editions resume" or "digest editions cancel"'
    )
