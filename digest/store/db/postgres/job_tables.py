"""The tables of procrastinate, the queue of jobs: made and brought up to date from the SQL that its package ships.

That package does not note which of its migrations a database has; we do, as a comment on its main table.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sqlalchemy import Connection, text

from digest.errors import StoreError

_MISSING = (
    'PostgreSQL needs the Python package "procrastinate": pip install "newsletter-digest[postgres]", '
    "or the same of requirements that you keep."
)


def install(conn: Connection) -> None:
    """Make the tables in the connection's transaction; raises StoreError where the package is not installed."""
    if conn.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        _run(conn, _folder() / "schema.sql")
    _note(conn, _newest())


def catch_up(conn: Connection) -> None:
    """Run the migrations of the installed package that the tables lack."""
    has = conn.execute(text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")).scalar()
    missing = [path for path in _migrations() if has and path.stem > has]
    for path in missing:
        _run(conn, path)
    if missing:
        _note(conn, missing[-1].stem)


def _folder() -> Path:
    spec = importlib.util.find_spec("procrastinate")  # found, not imported: that takes a while
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(_MISSING)
    return Path(spec.submodule_search_locations[0]) / "sql"


def _migrations() -> list[Path]:
    return sorted((_folder() / "migrations").glob("*.sql"))


def _newest() -> str:
    return max(path.stem for path in _migrations())


def _note(conn: Connection, has: str) -> None:
    """Note the last migration that the tables have."""
    conn.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{has}'")  # a file's name: no quotes in it


def _run(conn: Connection, path: Path) -> None:
    """Run a file of many statements, which only the driver itself takes at once."""
    cursor = conn.connection.cursor()
    cursor.execute(path.read_text(encoding="utf-8"))
    cursor.close()
