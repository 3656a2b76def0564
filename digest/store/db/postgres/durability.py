"""Whether the database's server keeps what it says it has kept."""

from __future__ import annotations

from sqlalchemy import text

from digest.store.db.database import Database

_OFF = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name"


async def careless_settings(db: Database) -> list[str]:
    """Return the settings of a PostgreSQL server with which a crash of its machine loses what was committed."""
    if db.dialect != "postgresql":
        return []
    async with db.connect() as conn:
        return list(await conn.scalars(text(_OFF)))
