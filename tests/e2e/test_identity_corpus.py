"""No entry of a real feed is lost because it was taken for another one, neither at once nor on the next visit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.model import Article, Fetched, LeftOut
from digest.schedule.slots import Slot
from digest.selection import select
from digest.settings import Newsletter, SourceSettings
from digest.sources import feed
from digest.store.content import candidates, sources
from digest.store.db.database import Database
from tests.helpers.rates import at_least

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    settings: SourceSettings
    fetched: Fetched | None = None
    error: SourceError | None = None


def _feeds(corpora: Path) -> list[tuple[str, Fetched]]:
    """Return the feeds with several stories, each dated so that no edition takes it for old."""
    found = []
    for path in sorted(path for path in (corpora / "feeds").rglob("*") if path.is_file()):
        try:
            fetched = feed.parse(path.read_bytes(), url="https://example.org/feed")
        except SourceError:
            continue
        told = [one for one in fetched.articles if one.title or one.dek or one.body or one.url]
        if len(told) > 1:
            dated = tuple(replace(one, published=NOW - timedelta(minutes=n)) for n, one in enumerate(told))
            found.append((str(path.relative_to(corpora)), replace(fetched, articles=dated)))
    return found


def _words(article: Article) -> tuple[str, str, str]:
    return article.title, article.dek, article.url


def _is_lost(left: LeftOut, taken: set[tuple[str, str, str]]) -> bool:
    """Say whether an entry was taken for another story; one that is listed twice is not lost."""
    return "first visit" not in left.why and _words(left.candidate.article) not in taken


@pytest.mark.corpus
@pytest.mark.timeout(300)
async def test_no_entry_is_lost_to_identity(corpora: Path, sqlite_db: Database) -> None:
    feeds = _feeds(corpora)
    visits = [
        Visit(settings=SourceSettings.model_validate({"url": f"https://example.org/{n}"}), fetched=fetched)
        for n, (_, fetched) in enumerate(feeds)
    ]
    outcome = []
    for when in (NOW, NOW + timedelta(hours=1)):
        await sources.record(sqlite_db, visits, when)
        for visit, (name, fetched) in zip(visits, feeds, strict=True):
            section = {"title": "All", "max_articles": 500, "sources": [{"url": visit.settings.location}]}
            newsletter = Newsletter.model_validate(
                {"name": "all", "title": "All", "from": "all@example.org", "sections": [section]}
                | {"max_articles": 500, "first_contact": 500, "max_age": "9d"}
            )
            found = await candidates.load(sqlite_db, newsletter, when)
            plan = select(found, newsletter, slot=Slot(when, f"{when:%H}"), now=when)
            taken = {_words(chosen.candidate.article) for chosen in plan.chosen}
            lost = sum(_is_lost(left, taken) for left in plan.left_out) + len(fetched.articles) - len(found)
            outcome += [(f"{name}: {lost} of {len(fetched.articles)}", False)] * lost
            outcome += [(name, True)] * (len(fetched.articles) - lost)
    at_least(1.0, "feeds: entries not lost to identity", outcome)
