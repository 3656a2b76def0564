"""Newsletters: since when each is known here. Earlier slots were not missed, because they were never planned."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way

from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.shared import newsletter

log = logging.getLogger("digest")


async def know(db: Database, names: Collection[str], now: datetime) -> None:
    """Remember newsletters that were not known until now; costs a look where all of them are."""
    async with db.connect() as conn:
        known = set(
            await conn.scalars(select(newsletter.c.name).where(in_values(conn, newsletter.c.name, names)))
        )
    if new := [name for name in names if name not in known]:
        async with db.begin() as conn:
            rows = [{"name": name, "known_since": now} for name in new]
            await conn.execute(insert(newsletter).on_conflict_do_nothing(), rows)


async def known_since(db: Database, name: str) -> datetime | None:
    """Return since when a newsletter is known here; None if it is not."""
    async with db.connect() as conn:
        return await conn.scalar(select(newsletter.c.known_since).where(newsletter.c.name == name))


async def not_in_the_future(db: Database, now: datetime) -> None:
    """Bring back to `now` what a clock that was ahead has noted: nothing would be made before that time came."""
    async with db.connect() as conn:
        ahead = list(await conn.scalars(select(newsletter.c.name).where(newsletter.c.known_since > now)))
    if ahead:
        async with db.begin() as conn:
            early = update(newsletter).where(newsletter.c.known_since > now)
            await conn.execute(early.values(known_since=now))
