"""Visit articles' own pages for what their source leaves out: picture, dek, byline, date, credit, licence.

Bounded in number and time, several hosts at once, each host in its turn, and a host that does not answer is left alone;
what goes wrong becomes a problem in words, never an error. What was read is kept in a cache: a page is visited once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterable, MutableMapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import TypeAdapter, ValidationError

from digest.errors import SourceBlocked, SourceError, SourceUnreachable
from digest.model import Article, Chosen, Plan
from digest.net.http import Http
from digest.sources.formats.html.metadata import PageMetadata, complete, read
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url, url_key

#: What pages said, by `digest.text.url_key` of their address; a page that could not be read is remembered as empty.
Cache: TypeAlias = MutableMapping[str, PageMetadata]

MAX_BYTES = 3_000_000  # of one page
MAX_AT_ONCE = 8

_MAX_CACHED_PAGES = 5_000  # pages
_CACHES: WeakKeyDictionary[Http, Cache] = WeakKeyDictionary()


def cache_of(http: Http) -> Cache:
    """Return the cache that lives as long as this client: a service's visits share it."""
    return _CACHES.setdefault(http, {})


async def fill(
    articles: Sequence[Article],
    http: Http,
    *,
    cache: Cache | None = None,
    limit: int = 20,
    seconds: float = 12.0,
) -> tuple[tuple[Article, ...], tuple[str, ...]]:
    """Return the articles, completed from their pages where they lack something, and what went wrong.

    At most `limit` pages are visited, in the order of the articles, and for at most `seconds`.
    """
    cache = cache_of(http) if cache is None else cache
    lacking = [article.url for article in articles if lacks(article)]
    problems = await visit(lacking, http, cache=cache, limit=limit, seconds=seconds)
    pages = [cache.get(url_key(article.url), PageMetadata()) for article in articles]
    return tuple(map(complete, articles, pages)), problems


async def fill_plan(
    plan: Plan,
    http: Http,
    *,
    sources: Container[str],
    cache: Cache | None = None,
    limit: int = 20,
    seconds: float = 12.0,
) -> Plan:
    """Return a plan whose chosen articles are completed from their pages; `sources` are the keys that allow it.

    A page that cannot be read only leaves its article as it is: it is not a problem of the edition.
    """
    chosen = [each.candidate for each in plan.chosen if each.candidate.source in sources]
    articles = [each.article for each in chosen]
    filled, _ = await fill(articles, http, cache=cache, limit=limit, seconds=seconds)
    by_id = {each.id: replace(each, article=article) for each, article in zip(chosen, filled, strict=True)}

    def with_filled(each: Chosen) -> Chosen:
        return replace(each, candidate=by_id.get(each.candidate.id, each.candidate))

    sections = (replace(each, articles=tuple(map(with_filled, each.articles))) for each in plan.sections)
    return replace(plan, sections=tuple(sections))


def lacks(article: Article) -> bool:
    """Say whether an article lacks what is worth a visit; credit and licence alone are not."""
    return not (article.title and article.image and article.dek and article.byline and article.published)


async def visit(
    urls: Iterable[str], http: Http, *, cache: Cache, limit: int = 20, seconds: float = 60.0
) -> tuple[str, ...]:
    """Read at most `limit` pages that the cache does not have into it; returns what went wrong, in words."""
    wanted = {key: url for url in urls if absolute_url(url) and (key := url_key(url)) not in cache}
    waiting = set(list(wanted)[:limit])
    hosts: dict[str, list[str]] = defaultdict(list)
    for key in [key for key in wanted if key in waiting]:
        hosts[urlsplit(wanted[key]).netloc].append(key)
    problems: list[str] = []
    turns = asyncio.Semaphore(MAX_AT_ONCE)

    async def look(keys: list[str]) -> None:
        async with turns:
            for key in keys:
                problem, answers = await _read_into(cache, key, wanted[key], http)
                problems.extend(filter(None, [problem]))
                waiting.discard(key)
                if not answers:
                    waiting.difference_update(keys)
                    return

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for keys in hosts.values():
                group.create_task(look(keys))
    except TimeoutError:
        problems.append(f"pages of articles that were not read, as {seconds:g} s were over: {len(waiting)}")
    while len(cache) > _MAX_CACHED_PAGES:
        cache.pop(next(iter(cache)))
    return tuple(problems)


async def _read_into(cache: Cache, key: str, url: str, http: Http) -> tuple[str, bool]:
    """Read one page into the cache; returns what went wrong, and whether its host answers."""
    try:
        cache[key] = await page_of(url, http)
    except SourceUnreachable as error:
        return f"the page of an article, and others there, could not be read: {url}: {error}", False
    except SourceError as error:
        soon = isinstance(error, SourceBlocked) or (error.status or 0) >= HTTPStatus.TOO_MANY_REQUESTS
        if not soon:
            cache[key] = PageMetadata()  # it will be no better next time
        return f"the page of an article could not be read: {url}: {error}", True
    except Exception as error:  # whatever a page does, it never stops an edition
        cache[key] = PageMetadata()
        return f"the page of an article could not be read: {url}: {error!r}", True
    return "", True


async def page_of(url: str, http: Http) -> PageMetadata:
    """Visit one page and return what it says of itself; raises SourceError."""
    answer = await http.get(
        url, headers={"Accept": "text/html,application/xhtml+xml;q=0.9"}, max_bytes=MAX_BYTES
    )
    media_type = answer.content_type.partition(";")[0].strip().lower()
    if media_type and "html" not in media_type and "xml" not in media_type and media_type != "text/plain":
        raise SourceError(f"it is not a page but {media_type}")
    page = await apart(read, answer.body, answer.url, answer.content_type)
    if _elsewhere(url, answer.url) and not page.is_article:
        raise SourceError(f"it leads to another page, {answer.url}")
    return page


def _elsewhere(asked: str, answered: str) -> bool:
    """Say whether a redirect led to a front page or another site: consent walls, removed articles."""
    here, there = urlsplit(asked), urlsplit(answered)
    front = bool(here.path.strip("/")) and not there.path.strip("/")
    hosts = [(place.hostname or "").removeprefix("www.") for place in (here, there)]
    return front or (hosts[0] != hosts[1] and not hosts[1].endswith("." + hosts[0]))


_SHAPE = TypeAdapter(PageMetadata)


def to_document(page: PageMetadata) -> dict[str, Any]:
    """Return what a page said as values that JSON knows, for a store."""
    document: dict[str, Any] = _SHAPE.dump_python(page, mode="json", exclude_defaults=True)
    return document


def from_document(document: Any) -> PageMetadata | None:
    """Return what `to_document` wrote; None for anything else, as an older version may have written."""
    try:
        return _SHAPE.validate_python(document)
    except ValidationError:
        return None
