"""Feeds that nobody here wrote: every field as other readers agree on it, and no file that hurts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.errors import SourceError
from digest.model import Article, Fetched
from digest.sources import feed
from digest.text import clean_text, plain_text
from tests.helpers.rates import at_least

pytestmark = pytest.mark.corpus

_FEED_FIELDS = {"title": "title", "link": "url", "language": "language"}
_ENTRY_FIELDS = {
    "title": "title", "link": "url", "id": "guid", "author_name": "byline", "author": "byline", "summary": "dek",
    "content": "body", "categories": "tags", "published": "published", "updated": "updated",
}  # fmt: skip


def _rows(corpora: Path) -> Iterator[dict[str, Any]]:
    for line in (corpora / "feeds" / "normalized_expected.jsonl").read_text("utf-8").splitlines():
        yield json.loads(line)


def _read(corpora: Path, row: dict[str, Any]) -> Fetched:
    headers = {name.lower(): value for name, value in (row["http_headers"] or {}).items()}
    body = (corpora / "feeds" / row["file"]).read_bytes()
    url = row["base_url"] or headers.get("content-location", "")
    try:
        return feed.parse(body, url=url, content_type=headers.get("content-type", ""))
    except SourceError:
        return Fetched()  # not a feed: then all that is expected of it is missed


def _ours(fetched: Fetched, field: str) -> Any:
    """Return our value of a field named in the expectations' way; KeyError for one that we do not keep."""
    if field == "entries.length":
        return len(fetched.articles)
    scope, index, name = re.fullmatch(r"(feed|entries)(?:\[(\d+)\])?\.(.*)", field).groups()  # type: ignore[union-attr]
    if scope == "feed":
        return getattr(fetched.info, _FEED_FIELDS[name])
    ours = _ENTRY_FIELDS[name]  # before the entry, which may be missing
    article: Article | None = next(iter(fetched.articles[int(index) :]), None)
    value = getattr(article, ours, None)
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value and ours in ("published", "updated") else value


def _readings(value: Any) -> set[str]:
    """Return what a value may mean: expectations are HTML here and plain text there, ours are always one of them."""
    if not isinstance(value, str):
        return {str(list(value))} if isinstance(value, tuple) else {str(value)}
    return {" ".join(clean_text(text, 100_000).split()) for text in (value, plain_text(value))}


def test_fields_are_as_other_readers_agree(corpora: Path) -> None:
    found = []
    for row in _rows(corpora):
        fetched = _read(corpora, row)
        for check in row["checks"]:
            if check["agreed"] is not True:
                continue
            try:
                ours = _ours(fetched, check["field"])
            except KeyError:
                continue
            right = bool(_readings(ours) & _readings(check["value"]))
            found.append((f"{row['file']} {check['field']}: {ours!r}", right))
    at_least(0.99, "feeds: fields", found)


def test_no_entry_is_lost_or_invented(corpora: Path) -> None:
    found = [
        (row["file"], check["value"] == len(_read(corpora, row).articles))
        for row in _rows(corpora)
        for check in row["checks"]
        if check["field"] == "entries.length" and check["agreed"]
    ]
    at_least(1.0, "feeds: number of entries", found)


def test_texts_are_right_in_every_encoding(corpora: Path) -> None:
    """Against what feedparser made of every title that is not ASCII."""
    found = []
    for line in (corpora / "feeds" / "baseline_feedparser.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        body = (corpora / "feeds" / row["file"]).read_bytes()
        if body.isascii() and b"\0" not in body:
            continue
        try:
            fetched = feed.parse(body, url="https://example.org/feed")
        except SourceError:
            found += [(row["file"], False)] * bool(row.get("entries"))
            continue
        theirs = [row.get("feed_title"), *(entry["title"] for entry in row.get("entries", []))]
        ours = [fetched.info.title, *(article.title for article in fetched.articles)]
        found += [
            (f"{row['file']}: {our!r}", bool(_readings(our[:200]) & _readings(their[:200])))
            for our, their in zip(ours, theirs, strict=False)
            if their and not their.isascii()
        ]
    at_least(0.92, "feeds: texts in every encoding", found)


def test_no_file_crashes_or_takes_long(corpora: Path) -> None:
    read = 0
    for path in sorted(path for path in (corpora / "feeds").rglob("*") if path.is_file()):
        started = time.perf_counter()
        try:
            articles = feed.parse(path.read_bytes(), url="https://example.org/feed").articles
            read += 1
        except SourceError:
            articles = ()  # said in words what it is instead
        assert len({article.guid for article in articles}) == len(articles), path
        assert time.perf_counter() - started < 5, path
    assert read > 1000
