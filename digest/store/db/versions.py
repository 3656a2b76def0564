"""Which version of SQLite or PostgreSQL works here, and the oldest that is enough."""

from __future__ import annotations

import sqlite3
from typing import TypeAlias

from sqlalchemy import text

from digest.store.db.database import Database

Version: TypeAlias = tuple[int, ...]

MIN_SQLITE: Version = (3, 35)  # RETURNING
MIN_POSTGRESQL: Version = (13,)  # what the job queue asks for


async def of(db: Database) -> tuple[str, Version, Version]:
    """Return the database's name, its version, and the oldest version that is enough."""
    if db.dialect == "sqlite":
        return "SQLite", sqlite3.sqlite_version_info, MIN_SQLITE
    async with db.connect() as conn:
        number = int((await conn.execute(text("SHOW server_version_num"))).scalar_one())
    return "PostgreSQL", (number // 10_000, number % 10_000), MIN_POSTGRESQL
