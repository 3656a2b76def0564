"""Candidates as the store would hand them to the selection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model import Article, Candidate, Image
from digest.settings import Newsletter
from digest.text import url_key

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def candidate(
    number: int,
    title: str = "",
    *,
    source: str = "a",
    hours: float = 1.0,
    url: str = "",
    first_contact: bool = False,
    gone: bool = False,
    held: str = "",
    mailed_at: datetime | None = None,
    last_changed: datetime | None = None,
    first_seen: datetime | None = None,
    shares_page: bool = False,
    **article: Any,
) -> Candidate:
    """Make a candidate of the source `source`, published `hours` before NOW unless it says otherwise."""
    url = (url or f"https://{source}.example.org/{number}").strip()
    published = article.pop("published", NOW - hours * HOUR)
    seen = first_seen or published or NOW - hours * HOUR
    return Candidate(
        id=number,
        source=key(source),
        source_title=f"The {source.upper()}",
        article=Article(guid=url, url=url, title=title or f"Story{number}", published=published, **article),
        url_key=url_key(url),
        first_seen=seen,
        last_changed=last_changed or seen,
        has_image=bool(article.get("image")),
        has_body=bool(article.get("body")),
        first_contact=first_contact,
        gone=gone,
        held=held,
        mailed_at=mailed_at,
        shares_page=shares_page,
    )


def key(source: str) -> str:
    """The key of a source in the settings that `newsletter` makes."""
    return f"feed:https://{source}.example.org/feed"


def feed(source: str, **keys: Any) -> dict[str, Any]:
    """A source's table in the configuration."""
    return {"url": f"https://{source}.example.org/feed", **keys}


def newsletter(*sections: dict[str, Any], **keys: Any) -> Newsletter:
    """A newsletter; without sections it has one, "World", with the sources "a", "b" and "c"."""
    table = {
        "name": "daily",
        "title": "The Daily",
        "from": "daily@example.org",
        "sections": list(sections) or [{"title": "World", "sources": [feed("a"), feed("b"), feed("c")]}],
        **keys,
    }
    return Newsletter.model_validate(table)


IMAGE = Image(url="https://a.example.org/image.jpg", alt="An image")
