"""Copy an open SQLite database into a file (sqlite.org/backup.html)."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from digest.errors import StoreError
from digest.store.db.faults import describe

_PRIVATE_MODE = 0o600  # it holds readers' addresses, and the keys that sign their links


def copy(conn: sqlite3.Connection, file: Path) -> None:
    """Copy one state of a database; the file appears when it is complete and on the disk. Raises StoreError in words.

    All pages are copied in one step, under one look at the log: others go on writing meanwhile, and what they write is
    not in the copy. (In several steps each of their changes would begin the copy again.)
    """
    if file.exists() and not file.is_file():
        raise StoreError(f"{file}: it cannot be written (it is not a file).")
    part = file.with_name(f".{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_MODE))
        with closing(sqlite3.connect(part)) as there:
            conn.backup(there)
            there.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            if there.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise StoreError(f"The copy {file} is damaged, and so is the database: {_CHECK}.")
        _sync(part)
        part.replace(file)
        _sync(file.parent)
    except sqlite3.Error as error:
        raise StoreError(f"The copy {file} {describe(error) or f'cannot be written: {error}'}.") from error
    except OSError as error:
        raise StoreError(f"{file}: it cannot be written ({error.strerror or error}).") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


_CHECK = 'look at it with "PRAGMA integrity_check" and restore an older copy'


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
