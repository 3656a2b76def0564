"""Fetches of one feed as they are recorded, and the plan of an edition of what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from digest.errors import SourceError
from digest.model import Article, Candidate, Chosen, Fetched, LeftOut, Plan, PlannedSection
from digest.settings import Newsletter, SourceSettings
from digest.store.content import sources
from digest.store.db.database import Database
from digest.store.db.schema import tables

HOUR = timedelta(hours=1)


def feed(url: str = "https://example.org/feed.xml", **more: str) -> SourceSettings:
    return SourceSettings.model_validate({"kind": "feed", "url": url, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    settings: SourceSettings
    fetched: Fetched | None = None
    error: SourceError | None = None


def story(number: int, now: datetime, **more: Any) -> Article:
    """A story that came out `number` hours before `now`."""
    usual: dict[str, Any] = {
        "guid": f"story-{number}",
        "url": f"https://example.org/{number}",
        "title": f"Story {number}",
        "published": now - number * HOUR,
    }
    return Article(**usual | more)


async def visit(db: Database, articles: Sequence[Article], now: datetime, **more: Any) -> None:
    fetched = Fetched(articles=tuple(articles), **more)
    await sources.record(db, [Visit(settings=feed(), fetched=fetched)], now)


async def fail(db: Database, error: SourceError, now: datetime) -> None:
    await sources.record(db, [Visit(settings=feed(), error=error)], now)


async def stored(db: Database) -> dict[str, Any]:
    async with db.connect() as conn:
        return {
            row.guid: row for row in await conn.execute(select(tables.article).order_by(tables.article.c.id))
        }


DAILY = Newsletter.model_validate(
    {
        "name": "daily",
        "title": "Daily",
        "from": "daily@example.org",
        "sections": [
            {"title": "World", "sources": [{"kind": "feed", "url": "https://example.org/feed.xml"}]}
        ],
    }
)


def plan(
    slot: str, now: datetime, took: list[Candidate], left: list[LeftOut] | None = None, name: str = "daily"
) -> Plan:
    chosen = tuple(Chosen(candidate=one, rank=rank, why="new") for rank, one in enumerate(took, start=1))
    sections = (PlannedSection(title="World", articles=chosen),)
    return Plan(newsletter=name, slot=slot, due=now, sections=sections, left_out=tuple(left or ()))
