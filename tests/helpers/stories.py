"""Stories in the store, as visits to sources would have left them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import insert, select

from digest.model import Candidate, Plan
from digest.schedule.slots import Slot
from digest.selection import select as select_articles
from digest.settings import Newsletter
from digest.store.db.database import Database
from digest.store.db.schema.tables import article, source
from digest.text import url_key


async def add_stories(
    db: Database, key: str, count: int, *, at: datetime, title: str = "Story {}", first: int = 1
) -> None:
    """Add stories of the source `key`, numbered from `first`, titled from 1, each a minute older than the one before."""
    async with db.begin() as conn:
        source_id = await conn.scalar(select(source.c.id).where(source.c.key == key))
        if source_id is None:
            new = insert(source).values(key=key, kind="feed", title=key).returning(source.c.id)
            source_id = await conn.scalar(new)
        for number in range(count):
            url = f"https://{key.partition('//')[2] or key}/{first + number}"
            moment = at - timedelta(minutes=number)
            await conn.execute(
                insert(article).values(
                    id=first + number,
                    source_id=source_id,
                    guid=url,
                    url=url,
                    url_key=url_key(url),
                    title=title.format(number + 1),
                    tags=[],
                    published=moment,
                    first_seen=moment,
                    last_seen=at,
                    last_changed=moment,
                )
            )


def plan(found: list[Candidate], paper: Newsletter, now: datetime) -> Plan:
    return select_articles(found, paper, slot=Slot(now, f"{now:%Y-%m-%dT%H:%M}"), now=now)
