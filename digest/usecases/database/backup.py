"""Copy the whole database into a file, consistently, while the service runs."""

from __future__ import annotations

from pathlib import Path

from digest.errors import StoreError, UsageError
from digest.store.db import engines
from digest.store.db.database import Database
from digest.store.db.sqlite import backup as sqlite_backup


async def backup(url: str, file: Path, *, replace: bool = False) -> None:
    """Copy a SQLite database into a file that is complete or not there at all.

    Raises StoreError in words, and UsageError for PostgreSQL, naming the command that copies that.
    """
    _check(url, file, replace=replace)
    db = await Database.open(url, create=False)
    try:
        await db.with_sqlite(lambda conn: sqlite_backup.copy(conn, file))
    finally:
        await db.close()


def _check(url: str, file: Path, *, replace: bool) -> None:
    place = engines.target(url)
    here = engines.file_of(place)
    if place.get_backend_name() != "sqlite":
        raise UsageError(
            "PostgreSQL comes with a tool for this, which copies consistently while the service runs. The command is\n"
            f"  pg_dump --format=custom --file={file} {engines.for_tools(place)!r}\n"
            "(it asks for the password, or takes it from PGPASSWORD or ~/.pgpass)"
        )
    if here is None or not here.exists():
        raise StoreError(f"There is no database yet at {here}: nothing can be copied.")
    if file.exists() and (not replace or file.samefile(here)):
        own = " It is the database itself." if file.samefile(here) else " --replace replaces it."
        raise UsageError(f"{file} exists already.{own}")
