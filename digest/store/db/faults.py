"""Say in words what is wrong with a database, and what to do about it; no password and no row is in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.errors import StoreError

_UPGRADE = 'run "digest db upgrade"'

CANNOT_OPEN = "cannot be opened: its folder must exist and be writable for this user"

#: By the beginning of SQLite's error name (sqlite.org/rescode.html).
_SQLITE = {
    "SQLITE_BUSY": "is locked: another program writes to it; wait until it has finished, or stop it",
    "SQLITE_LOCKED": "is locked by this program itself: run the command again",
    "SQLITE_FULL": "could not grow: the disk is full; make room and run the command again",
    "SQLITE_READONLY_DBMOVED": "was moved while it was open: move it back and run the command again",
    "SQLITE_READONLY": "cannot be written: its disk is read-only, or this user may not write the file and its folder",
    "SQLITE_CANTOPEN": CANNOT_OPEN,
    "SQLITE_PERM": "cannot be opened: this user needs the right to read and write it",
    "SQLITE_NOTADB": "is not a database: name another file in database.url, or move this one away",
    "SQLITE_CORRUPT": "is damaged: restore it from a backup",
    "SQLITE_IOERR": "could not be read or written: look at the disk and at the system's log",
}

#: By PostgreSQL's error code, or the class that it begins with (Appendix A of its manual).
_POSTGRESQL = {
    "28": "refuses the login: check user name and password in database.url",
    "3D000": "does not exist on that server: create it (createdb), or check the name in database.url",
    "42501": "forbids this: its user needs the right to create and change tables",
    "42P01": f"has no tables yet: {_UPGRADE}",
    "53100": "could not grow: the server's disk is full; make room and run the command again",
    "53": "has no room left for this: the server is short of connections or memory",
    "25P03": "ended a transaction of this process, which had stood still for too long: run the command again",
    "25006": "is read-only, perhaps a standby: name the primary server in database.url",
    "57": "was shut down, or is starting: try again in a moment",
    "55P03": "is locked: another program holds it; wait until it has finished, or stop it",
    "40": "was busy with the same rows for another program: run the command again",
    "08": "was cut off in the middle: is the server, or what stands before it, being restarted? Try again in a moment",
    "58": "could not read or write its files: look at the disk and the log of the server",
    "XX": "found a fault in itself: look at the log of the server",
}


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Turn what a driver says of the database `name` into a StoreError; mistakes of ours pass unchanged."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreError(f"The database {name} had no connection free for too long: run it again.") from error
    except (IntegrityError, DataError):
        raise
    except (DBAPIError, sqlite3.Error) as error:
        if words := describe(error):
            raise StoreError(f"The database {name} {words}.") from error
        raise


def describe(error: DBAPIError | sqlite3.Error) -> str:
    """Return what happened and what to do, or "" if the error is a mistake of the program."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if (name := getattr(cause, "sqlite_errorname", None)) is not None:
        return _sqlite(name, str(cause))
    if (code := getattr(cause, "sqlstate", None)) is not None:
        return next((words for key, words in _POSTGRESQL.items() if code.startswith(key)), "")
    if type(cause).__name__ == "OperationalError" or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return f"cannot be reached: {_first_line(cause)}; is the server up, and is database.url right?"
    return ""


def _sqlite(name: str, text: str) -> str:
    if text.startswith(("no such table", "no such column")):
        return f"lacks tables of this version: {_UPGRADE}"
    return next((words for key, words in _SQLITE.items() if name.startswith(key)), "")


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or ["no answer"])[0].rstrip(".")
