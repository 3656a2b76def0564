"""The archive: the editions that anybody may read, in the order of their slots.

A slot's place and date never change: a remade edition takes over both from the one that it replaces. What was skipped,
cancelled or is held is not in it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from digest.model import EditionStatus
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import edition

SHOWN = (EditionStatus.SENDING, EditionStatus.SENT)

_MONTH_CHARACTERS = 7  # of a slot: "2026-03"
_COLUMNS = (
    edition.c.name,
    edition.c.newsletter,
    edition.c.slot,
    edition.c.due,
    edition.c.subject,
    edition.c.preheader,
)
_MONTH: ColumnElement[str] = func.substr(edition.c.slot, 1, _MONTH_CHARACTERS)
_IS_SHOWN = and_(edition.c.remade_as == "", edition.c.status.in_(SHOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An edition in a list: everything but its mail."""

    name: str
    newsletter: str
    slot: str  # local wall time, "2026-10-25T02:30"
    due: datetime
    subject: str
    preheader: str

    @property
    def month(self) -> str:
        """Its month at the newsletter's place: "2026-10"."""
        return self.slot[:_MONTH_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The editions before and after one."""

    previous: Entry | None
    next: Entry | None


async def entries(
    db: Database, newsletter: str, limit: int, *, month: str = "", before: str = ""
) -> list[Entry]:
    """Return the latest editions, newest first: of one `month` ("2026-10"), or earlier than the slot `before`."""
    query = select(*_COLUMNS).where(_shown(newsletter)).order_by(edition.c.slot.desc()).limit(limit)
    if month:
        query = query.where(edition.c.slot.startswith(month))
    if before:
        query = query.where(edition.c.slot < before)
    async with db.connect() as conn:
        return [Entry(**row) for row in (await conn.execute(query)).mappings()]


async def months(db: Database, newsletter: str) -> list[str]:
    """Return the months that have an edition ("2026-10"), newest first."""
    async with db.connect() as conn:
        found = await conn.scalars(
            select(_MONTH).where(_shown(newsletter)).distinct().order_by(_MONTH.desc())
        )
        return list(found)


async def neighbours(db: Database, newsletter: str, slot: str) -> Neighbours:
    """Return the editions before and after a slot."""
    of_it = select(*_COLUMNS).where(_shown(newsletter)).limit(1)
    async with db.connect() as conn:
        earlier = of_it.where(edition.c.slot < slot).order_by(edition.c.slot.desc())
        later = of_it.where(edition.c.slot > slot).order_by(edition.c.slot)
        previous, following = [
            (await conn.execute(query)).mappings().one_or_none() for query in (earlier, later)
        ]
    return Neighbours(Entry(**previous) if previous else None, Entry(**following) if following else None)


async def names(db: Database, newsletters: Collection[str], limit: int) -> list[tuple[str, datetime]]:
    """Return the names of these newsletters' latest editions with their times, newest first."""
    async with db.connect() as conn:
        of_them = and_(in_values(conn, edition.c.newsletter, newsletters), _IS_SHOWN)
        query = (
            select(edition.c.name, edition.c.due).where(of_them).order_by(edition.c.due.desc()).limit(limit)
        )
        return [(row[0], row[1]) for row in await conn.execute(query)]


def _shown(newsletter: str) -> ColumnElement[bool]:
    return and_(edition.c.newsletter == newsletter, _IS_SHOWN)
