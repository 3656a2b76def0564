"""Metadata of articles' own pages: each page is read once and stored by the key of its address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way

from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.looked_up import page


async def known(db: Database, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what is remembered of these pages; those never read are missing."""
    async with db.connect() as conn:
        rows = await conn.execute(
            select(page.c.url_key, page.c.data).where(in_values(conn, page.c.url_key, keys))
        )
        return {row.url_key: row.data for row in rows}


async def keep(db: Database, documents: Mapping[str, Mapping[str, Any]], now: datetime) -> None:
    """Remember what pages said, in place of what they said before."""
    if not documents:
        return
    statement = insert(page)
    newest = {name: statement.excluded[name] for name in ("data", "read_at")}
    async with db.begin() as conn:
        await conn.execute(
            statement.on_conflict_do_update(index_elements=["url_key"], set_=newest),
            [{"url_key": key, "data": dict(data), "read_at": now} for key, data in sorted(documents.items())],
        )


async def purge(db: Database, before: datetime) -> int:
    """Forget pages that were read before then; returns how many."""
    async with db.begin() as conn:
        old = delete(page).where(page.c.read_at < before).returning(page.c.url_key)
        return len((await conn.execute(old)).all())
