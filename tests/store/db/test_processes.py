"""Several processes on one database at once: nothing is lost, nothing is doubled, nobody gives up."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import func, select

from digest.store.db.database import Database
from digest.store.db.schema import tables

WRITER = """
import asyncio, sys
from dataclasses import dataclass
from datetime import UTC, datetime
from digest.model import Article, Fetched
from digest.settings import SourceSettings
from digest.store.content import sources
from digest.store.people import readers
from digest.store.db.database import Database
from digest.store.people.readers import Entry

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)

@dataclass(frozen=True)
class Visit:
    settings: SourceSettings
    fetched: Fetched
    error: None = None

async def main(url, me):
    db = await Database.open(url)
    source = SourceSettings.model_validate({"kind": "feed", "url": "https://example.org/feed.xml"})
    for step in range(15):
        names = [f"shared{step}@example.org", f"own{me}.{step}@example.org"]
        entries = [Entry(address=name, key=name) for name in names]
        listed = [Article(guid=name, url=f"https://example.org/{name}", title=name) for name in names]
        await asyncio.gather(
            readers.add(db, "daily", entries, NOW),
            sources.record(db, [Visit(source, Fetched(articles=tuple(listed)))], NOW),
        )
    await db.close()

asyncio.run(main(sys.argv[1], sys.argv[2]))
"""


async def test_writers_in_several_processes(db: Database, db_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITER, db_url, str(number)), stderr=asyncio.subprocess.PIPE
        )
        for number in range(2)
    ]
    complaints = [(await process.communicate())[1].decode() for process in processes]
    assert complaints == ["", ""]
    async with db.connect() as conn:
        counts = [
            await conn.scalar(select(func.count()).select_from(table))
            for table in (tables.reader, tables.subscription, tables.article, tables.source)
        ]
    assert counts == [45, 45, 45, 1]
