"""The migrations: shipped in the package, named by their version, run over an open connection."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

_FOLDER = Path(__file__).parent
_LOCK = 0x64696765  # any number that no other program would take


@cache
def newest() -> str:
    """Return the version that this program's tables have, such as "0001"; asking Alembic takes too long."""
    return max(path.name[:4] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


def run(conn: Connection) -> None:
    """Run what is missing inside the connection's transaction; another process that does so is waited for."""
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext

    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if (MigrationContext.configure(conn).get_current_revision() or "") >= newest():
        return
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
    if conn.dialect.name == "sqlite" and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise RuntimeError(f"a migration left rows of {broken[0]} without the rows that they belong to")
