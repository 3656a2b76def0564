"""Make engines: which driver a URL means, and how a connection is set up before its first use."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from digest.errors import StoreError, StoreGone, UsageError
from digest.store.db.sqlite import driver
from digest.store.db.sqlite.location import Location

#: Value of the execution option `begin` for connections that will write to SQLite.
IMMEDIATE = "BEGIN IMMEDIATE"

OLDEST_POSTGRESQL = 13  # the oldest version that the program is made for

_BUSY_SECONDS = 30  # how long one process waits for another's transaction before it gives up
#: What a session asks of PostgreSQL where the operator has no setting of his own: an end to a transaction of a process
#: that was stopped in its middle, and to a statement that nobody waits for any more; and that what was committed is on
#: the disk, for a mail leaves only after its row is.
_SESSION = """
    SELECT set_config(name, wanted, false)
    FROM (VALUES
        ('idle_in_transaction_session_timeout', '60s', '0'),
        ('statement_timeout', '15min', '0'),
        ('synchronous_commit', 'on', 'off')
    ) AS session (name, wanted, unless)
    WHERE current_setting(name) = unless
"""
_DRIVERS = {"sqlite": "sqlite+aiosqlite"} | dict.fromkeys(("postgresql", "postgres"), "postgresql+psycopg")
_URL_EXAMPLES = 'write "sqlite:///digest.db" or "postgresql://user:password@host/name"'


def target(url: str) -> URL:
    """Return the URL with the driver that we use."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(f"database.url is not a URL; {_URL_EXAMPLES}") from None
    scheme = parsed.drivername.partition("+")[0]
    if scheme not in _DRIVERS:
        raise UsageError(f"database.url: {scheme!r} is not supported; {_URL_EXAMPLES}")
    return parsed.set(drivername=_DRIVERS[scheme])


def file_of(place: URL) -> Path | None:
    """Return the file of a SQLite database, None for one in memory or on a server."""
    return Path(place.database) if place.get_backend_name() == "sqlite" and place.database else None


def shown(place: URL) -> str:
    """Return the URL without its password and whatever else may stand behind the name."""
    return place.set(drivername=place.get_backend_name(), query={}).render_as_string(hide_password=True)


def for_tools(place: URL) -> str:
    """Return the URL of a server as its own tools take it, without the password."""
    kept = {name: value for name, value in place.query.items() if name not in ("password", "passfile")}
    name, user = place.get_backend_name(), place.username
    made = URL.create(name, user, host=place.host, port=place.port, database=place.database, query=kept)
    return made.render_as_string()


def engine(
    place: URL, *, read_only: bool = False, location: Location | None = None, **options: Any
) -> AsyncEngine:
    """Return an engine for a URL with its driver; raises StoreError if the driver is not installed.

    `read_only` opens a SQLite file that is not written to, such as a backup on a disk for reading only. No connection is
    made to another file than the one that was opened at a `location`.
    """
    if place.get_backend_name() == "sqlite":
        made = _sqlite_engine(_unchanging(place) if read_only else place, read_only=read_only, **options)
        if location:
            event.listen(made.sync_engine, "do_connect", partial(_stay, location))
        return made
    try:
        from digest.store.db.postgres.lines import KEEPALIVE_OPTIONS, Line

        limits = {name: value for name, value in KEEPALIVE_OPTIONS.items() if name not in place.query}
        made = create_async_engine(
            place,
            pool_pre_ping=True,
            hide_parameters=True,  # they hold readers' addresses, and errors end up in logs
            connect_args={"application_name": "digest", "async_creator_fn": Line.connect, **limits},
            **options,
        )
    except ModuleNotFoundError as error:
        raise StoreError(
            f'PostgreSQL needs the Python package {error.name!r}: pip install "psycopg[binary]>=3.2".'
        ) from error

    @event.listens_for(made.sync_engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        try:
            _check_version(place, connection.driver_connection.info.server_version)
            cursor = connection.cursor()
            cursor.execute(
                _SESSION
            )  # not when connecting: what stands before a server often takes no options
            cursor.execute("SELECT pg_backend_pid()")
            if cursor.fetchone()[0] != connection.driver_connection.info.backend_pid:
                connection.driver_connection.behind_pooler()
            cursor.close()
            connection.commit()
        except BaseException:
            connection.close()  # the pool does not know it yet
            raise

    return made


def _check_version(place: URL, version: int) -> None:
    """Refuse an old server; `version` is libpq's, such as 160014 for 16.14."""
    if version < OLDEST_POSTGRESQL * 10_000:
        raise StoreError(
            f"The database {shown(place)} is PostgreSQL {version // 10_000}, which is too old: this program needs "
            f"version {OLDEST_POSTGRESQL} or newer."
        )


def _stay(location: Location, *_: object) -> None:
    if fault := location.fault():
        raise StoreGone(f"{fault}.")


def _unchanging(place: URL) -> URL:
    """Return the URL of a SQLite file that is opened without a lock or a log (sqlite.org/uri.html)."""
    named = place.set(database=f"file:{quote(str(Path(place.database or '').absolute()))}")
    return named.update_query_dict({"mode": "ro", "immutable": "1", "uri": "true"})


def _sqlite_engine(place: URL, *, read_only: bool, **options: Any) -> AsyncEngine:
    if "timeout" not in place.query:
        place = place.update_query_dict({"timeout": str(_BUSY_SECONDS)})
    made = create_async_engine(
        place,
        hide_parameters=True,
        json_deserializer=_from_json,
        connect_args={"async_creator_fn": driver.connect},
        **options,
    )

    @event.listens_for(made.sync_engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        try:
            # FULL: what was committed survives a power cut; a mail leaves only after its row is on the disk.
            for pragma in () if read_only else ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # the pool does not know it yet, and its thread would stay
            raise

    @event.listens_for(made.sync_engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN"))

    return made


def _from_json(text: str, _decoder: json.JSONDecoder = json.JSONDecoder()) -> Any:  # noqa: B008  # one for all
    return _decoder.raw_decode(text)[0]  # half the time of `json.loads`: what we wrote begins without blanks
