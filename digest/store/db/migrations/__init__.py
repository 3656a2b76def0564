"""The migrations: shipped in the package, named by their version, run over an open connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

_FOLDER = Path(__file__).parent
_LOCK = 0x64696765  # any number that no other program would take


@cache
def newest() -> str:
    """Return the version that this program's tables have, such as "0001"; asking Alembic takes too long."""
    return max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def version(conn: Connection) -> str:
    """Return the version of the tables that are there: "" for an empty database."""
    if not inspect(conn).has_table("alembic_version"):
        return ""
    return str(conn.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def run(conn: Connection) -> None:
    """Run what is missing inside the connection's transaction; another process that does so is waited for."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL statement_timeout = 0"))  # large tables take their time
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if (MigrationContext.configure(conn).get_current_revision() or "") < newest():
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
    if conn.dialect.name == "postgresql":
        from digest.store.db.postgres import job_tables

        job_tables.catch_up(conn)
    if conn.dialect.name == "sqlite" and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"a migration left rows of {broken[0]} without the rows that they belong to")


@asynccontextmanager
async def foreign_keys_off(conn: AsyncConnection) -> AsyncIterator[None]:
    """Let SQLite rebuild tables: with foreign keys on, dropping the old one deletes its children's rows."""
    if conn.dialect.name != "sqlite":
        yield
        return
    await _pragma(conn, "foreign_keys=OFF")
    try:
        yield
    finally:
        await _pragma(conn, "foreign_keys=ON")


async def _pragma(conn: AsyncConnection, text: str) -> None:
    raw = (
        await conn.get_raw_connection()
    )  # the engine would begin a transaction, in which SQLite ignores this
    assert raw.driver_connection is not None
    cursor = await raw.driver_connection.execute(f"PRAGMA {text}")
    await cursor.close()
