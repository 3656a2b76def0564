"""Fill a newsroom's folder: readers, a key, articles, and with `--opened` an edition that waits to be delivered.

python -m bench.harness.fill FOLDER READERS [--opened]
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from bench.harness import letter, loops
from digest.clock import utc_now
from digest.message.dkim import new_key
from digest.model import Plan
from digest.schedule.slots import due_slot
from digest.settings import Settings, loading
from digest.store.db.database import Database
from digest.store.editions import editions

_STORIES = 27
_READERS = """
    INSERT INTO reader (id, address, key, name, created_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
    SELECT i, 'reader.' || i || '@example.org', 'reader.' || i || '@example.org', 'Reader ' || i,
           '2026-01-01 00:00:00.000000'
    FROM n
"""
_SUBSCRIPTIONS = """
    INSERT INTO subscription (id, reader_id, newsletter, status, since, consent)
    SELECT id, id, 'daily', 'confirmed', created_at, '{}' FROM reader
"""
_STORY = """---
title: The harbour café reopens after {n} years, and the town turns out
date: {date}
byline: Ada Bråten
dek: Volunteers restored the pier over two winters; the council’s grant covered half of what it took.
tags: [Town, Harbour]
---
Nobody had expected the vote to be this close, and the record shows why.
"""


def write_stories(folder: Path, now: datetime) -> None:
    folder.mkdir()
    for n in range(_STORIES):
        date = (now - timedelta(minutes=10 * n)).isoformat()
        (folder / f"harbour-{n}.md").write_text(_STORY.format(n=n, date=date), encoding="utf-8")


async def fill(settings: Settings, readers: int, now: datetime, *, opened: bool) -> None:
    db = await Database.open(settings.database.url)
    async with db.begin() as conn:
        await conn.execute(text(_READERS), {"count": readers})
        await conn.execute(text(_SUBSCRIPTIONS))
    if opened:
        slot = due_slot(settings.newsletter("daily"), now)
        assert slot is not None
        plan = Plan(newsletter="daily", slot=slot.text, due=slot.due, sections=())
        assert await editions.open(db, plan, letter.mail(), now, deadline=now + timedelta(days=1))
    await db.close()


def main() -> None:
    folder, readers, *options = sys.argv[1:]
    now, key = utc_now(), Path(folder) / "dkim.pem"
    write_stories(Path(folder) / "stories", now)
    key.write_bytes(new_key("rsa"))
    key.chmod(0o600)
    settings = loading.load(Path(folder) / "config.toml", {})
    loops.run(fill(settings, int(readers), now, opened="--opened" in options))


if __name__ == "__main__":
    main()
