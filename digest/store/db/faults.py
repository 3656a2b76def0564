"""Say in words what is wrong with a database, and what to do about it; no password and no row is in them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from digest.errors import StoreError, StoreGone
from digest.store.db.moving.marks import REFUSAL

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
    "42501": (
        "forbids this: its user needs the right to read and change the tables, and for an upgrade to create and alter "
        "them; the simplest is to own them (ALTER DATABASE ... OWNER TO ...)"
    ),
    "42P01": f"has no tables yet: {_UPGRADE}",
    "53100": "could not grow: the server's disk is full; make room and run the command again",
    "53300": (
        "has no connection left for this: the server, the database or its user has reached a limit; stop what else is "
        "connected, or raise max_connections or the CONNECTION LIMIT"
    ),
    "53": "has no room left for this: the server is short of memory or another resource",
    "25P03": "ended a transaction of this process, which had stood still for too long: run the command again",
    "25006": "is read-only, perhaps a standby: name the primary server in database.url",
    "57": "was shut down, or is starting: try again in a moment",
    "55P03": "is locked: another program holds it; wait until it has finished, or stop it",
    "40": "was busy with the same rows for another program: run the command again",
    "08": "was cut off in the middle: is the server, or what stands before it, being restarted? Try again in a moment",
    "58": "could not read or write its files: look at the disk and the log of the server",
    "XX": "found a fault in itself: look at the log of the server",
}

#: A refused connection carries no code, only words: what they hold where the server speaks English, and the code for it.
_REFUSED_CONNECTIONS = (
    (re.compile(r"too many clients|connection slots|too many connections"), "53300"),
    (re.compile(r'authentication failed|no password|pg_hba\.conf|role ".*" (?:does not exist|is not)'), "28"),
    (re.compile(r'database ".*" does not exist'), "3D000"),
    (re.compile(r"permission denied"), "42501"),
    (re.compile(r"starting up|shutting down|not (?:yet |currently )?accepting"), "57"),
)


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Turn what a driver says of the database `name` into a StoreError; mistakes of ours pass unchanged."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreError(f"The database {name} had no connection free for too long: run it again.") from error
    except (DBAPIError, sqlite3.Error) as error:
        if _is_refusal(error):
            raise StoreGone(
                f"The database {name} is moved to another one, or being moved: name that in database.url and start "
                "this program again."
            ) from error
        if isinstance(error, IntegrityError | DataError):
            raise
        if words := describe(error):
            raise StoreError(f"The database {name} {words}.") from error
        raise


def _is_refusal(error: DBAPIError | sqlite3.Error) -> bool:
    """Tell whether a trigger of a database that is moved away has refused a change."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_TRIGGER" and REFUSAL in str(cause)


def describe(error: Exception) -> str:
    """Return what a driver's error says happened and what to do, or "" if it is a mistake of the program."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if (name := getattr(cause, "sqlite_errorname", None)) is not None:
        return _sqlite(name, str(cause))
    if (code := getattr(cause, "sqlstate", None)) is not None:
        return _postgresql(code)
    if type(cause).__module__.startswith("psycopg") or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return _unreachable(_first_line(cause))
    return ""


def _postgresql(code: str) -> str:
    return next((words for key, words in _POSTGRESQL.items() if code.startswith(key)), "")


def _unreachable(said: str) -> str:
    """Say what is wrong where no connection could be made or kept, with the driver's own line."""
    for pattern, code in _REFUSED_CONNECTIONS:
        if pattern.search(said):
            return f"{_postgresql(code)} ({said.rpartition('FATAL:')[2].strip()})"
    return f"cannot be reached: {said}; is the server up, and is database.url right?"


def _sqlite(name: str, text: str) -> str:
    if text.startswith(("no such table", "no such column")):
        return f"lacks tables of this version: {_UPGRADE}"
    return next((words for key, words in _SQLITE.items() if name.startswith(key)), "")


def _first_line(error: BaseException | None) -> str:
    return (str(error).strip().splitlines() or ["no answer"])[0].rstrip(".")
