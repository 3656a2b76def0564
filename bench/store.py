"""The store under load: articles in, candidates out, readers in, an edition opened for a million readers.

On SQLite, and on PostgreSQL too where TEST_DATABASE_URL names an empty database. Seconds of wall time on a fresh
database, disk included, and of our own CPU time. Fewer readers: `store.py 100000`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from sqlalchemy import text

from digest.errors import SourceError
from digest.model import Article, Chosen, Fetched, Image, Mail, Plan, PlannedSection
from digest.readers.transfer.transfer import import_file
from digest.settings import Newsletter, SourceSettings
from digest.store.content import candidates, sources
from digest.store.db.database import Database
from digest.store.editions import editions
from digest.store.people import audience

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SOURCES, ENTRIES = 500, 30
STORED = 50_000
IMPORTED = 100_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    settings: SourceSettings
    fetched: Fetched | None = None
    error: SourceError | None = None


def feed(number: int) -> SourceSettings:
    return SourceSettings.model_validate({"kind": "feed", "url": f"https://s{number}.example.org/feed"})


def story(source: int, number: int) -> Article:
    return Article(
        guid=f"{source}-{number}",
        url=f"https://s{source}.example.org/2026/03/story-{number}?utm_source=feed",
        title=f"Story {number} of source {source}, with a headline of usual length",
        dek="A dek that says a little more about what has happened, and to whom. " * 2,
        byline="A. Reporter",
        published=NOW - timedelta(minutes=number),
        tags=("politics", "world"),
        image=Image(
            url=f"https://s{source}.example.org/{number}.jpg", alt="A picture", credit="A. Photographer"
        ),
        body="<p>" + "Words of a story. " * 40 + "</p>",
    )


def visits(count: int, first: int = 0) -> list[Visit]:
    numbers = range(first, first + count)
    return [
        Visit(
            settings=feed(source),
            fetched=Fetched(articles=tuple(story(source, number) for number in numbers)),
        )
        for source in range(SOURCES)
    ]


async def timed(what: str, work: Awaitable[T]) -> T:
    start, busy = perf_counter(), process_time()
    result = await work
    print(f"  {what:<58} {perf_counter() - start:7.2f} s {process_time() - busy:7.2f} s CPU")
    return result


async def measure(db: Database, recipients: int) -> None:
    await timed(
        f"record {SOURCES} sources with {ENTRIES} new articles each", sources.record(db, visits(ENTRIES), NOW)
    )
    await timed(
        "record them again, nothing changed", sources.record(db, visits(ENTRIES), NOW + timedelta(hours=1))
    )
    await sources.record(db, visits(STORED // SOURCES - ENTRIES, ENTRIES), NOW + timedelta(hours=2))
    newsletter = Newsletter.model_validate(
        {
            "name": "daily",
            "title": "The Daily",
            "from": "daily@example.org",
            "sections": [{"sources": [feed(number) for number in range(SOURCES)]}],
        }
    )
    later = NOW + timedelta(days=1)
    found = await timed(f"candidates, all of {STORED:,}", candidates.load(db, newsletter, later))
    assert len(found) == STORED
    await people(db, recipients)
    chosen = tuple(
        Chosen(candidate=one, rank=rank, why="new") for rank, one in enumerate(found[:20], start=1)
    )
    plan = Plan(
        newsletter="daily", slot="1", due=later, sections=(PlannedSection(title="", articles=chosen),)
    )
    mail = Mail(subject="Subject", preheader="", html="<p>Mail</p>", text="Mail")
    await timed(f"open an edition for {recipients:,} readers", editions.open(db, plan, mail, later))
    found = await timed(
        f"candidates, {STORED - 20:,} left and 20 mailed", candidates.load(db, newsletter, later)
    )
    assert sum(one.mailed_at is not None for one in found) == 20


async def people(db: Database, recipients: int) -> None:
    """Import some readers, twice, and make up the others."""
    imported = min(IMPORTED, recipients)
    rows = "\r\n".join(f"reader.{number}@mail{number % 300}.example.org,Reader" for number in range(imported))
    data = f"address,name\r\n{rows}".encode()
    report = await timed(f"import {imported:,} readers from CSV", import_file(db, "daily", data, NOW))
    assert report.added == imported
    await timed("import them again", import_file(db, "daily", data, NOW))
    async with db.begin() as conn:
        await conn.execute(text(_MORE_READERS[db.dialect]), {"first": imported + 1, "last": recipients})
        await conn.execute(text(_MORE_SUBSCRIPTIONS), {"first": imported + 1})
    assert await timed(f"count {recipients:,} confirmed readers", audience.size(db, "daily")) == recipients


_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)",
    "postgresql": "WITH n AS (SELECT generate_series(:first, :last) AS i)",
}
_MORE_READERS = {
    dialect: f"INSERT INTO reader (id, address, key, created_at) {numbers} "
    "SELECT i, 'r' || i || '@example.org', 'r' || i || '@example.org', '2026-03-02 06:00:00.000000' "
    "FROM n WHERE i <= :last"
    for dialect, numbers in _NUMBERS.items()
}
_MORE_READERS["postgresql"] = _MORE_READERS["postgresql"].replace(
    "'2026-03-02 06:00:00.000000'", "timestamptz '2026-03-02 06:00+00'"
)
_MORE_SUBSCRIPTIONS = (
    "INSERT INTO subscription (reader_id, newsletter, status, since, consent) "
    "SELECT id, 'daily', 'confirmed', created_at, '{}' FROM reader WHERE id >= :first ORDER BY id"
)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    db = await Database.open(url, upgrade=True)
    try:
        yield db
    finally:
        await db.close()


async def main() -> None:
    recipients = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'digest.db'}"}
        if url := os.environ.get("TEST_DATABASE_URL"):
            urls["PostgreSQL"] = url
        for name, url in urls.items():
            print(name)
            async with opened(url) as db:
                await measure(db, recipients)
    print(f"  highest memory use: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    asyncio.run(main())
