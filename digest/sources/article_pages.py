"""Visit articles' own pages for what their source leaves out: picture, dek, byline, date, credit, licence.

Bounded in number and time, several hosts at once, each host in its turn (see `digest.http`); whatever goes wrong is a
problem in words, never an error. What was read is kept in a cache, so that an article's page is visited once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, MutableMapping, Sequence
from dataclasses import replace
from typing import TypeAlias
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from digest.errors import SourceError
from digest.http import Http
from digest.model import Article, Chosen, Plan
from digest.sources._apart import apart
from digest.sources.metadata import PageMetadata, complete, read
from digest.text import absolute_url, url_key

#: What pages said, by `digest.text.url_key` of their address; a page that could not be read is remembered as empty.
Cache: TypeAlias = MutableMapping[str, PageMetadata]

MAX_BYTES = 3_000_000  # of one page
AT_ONCE = 8

_CACHED = 5_000  # pages
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
    seconds: float = 60.0,
) -> tuple[tuple[Article, ...], tuple[str, ...]]:
    """Return the articles, completed from their pages where they lack something, and what went wrong.

    At most `limit` pages are visited, in the order of the articles, and for at most `seconds`.
    """
    cache = cache_of(http) if cache is None else cache
    lacking = [article.url for article in articles if lacks(article)]
    problems = await visit(lacking, http, cache=cache, limit=limit, seconds=seconds)
    filled = (
        complete(article, cache[key])
        if lacks(article) and (key := url_key(article.url)) in cache
        else article
        for article in articles
    )
    return tuple(filled), problems


async def fill_plan(
    plan: Plan, http: Http, *, sources: Container[str], limit: int = 30, seconds: float = 60.0
) -> Plan:
    """Return a plan whose chosen articles are completed from their pages; `sources` are the keys that allow it.

    A page that cannot be read costs nothing but its picture: it is no problem of the edition.
    """
    chosen = [each.candidate for each in plan.chosen if each.candidate.source in sources]
    filled, _ = await fill([each.article for each in chosen], http, limit=limit, seconds=seconds)
    by_id = {each.id: replace(each, article=article) for each, article in zip(chosen, filled, strict=True)}

    def with_filled(each: Chosen) -> Chosen:
        return replace(each, candidate=by_id.get(each.candidate.id, each.candidate))

    sections = (
        replace(section, articles=tuple(map(with_filled, section.articles))) for section in plan.sections
    )
    return replace(plan, sections=tuple(sections))


def lacks(article: Article) -> bool:
    """Say whether an article lacks what is worth a visit; a licence alone is not."""
    whole = article.title and article.dek and article.byline and article.published
    return not (whole and article.image and article.image.credit)


async def visit(
    urls: Iterable[str], http: Http, *, cache: Cache, limit: int = 20, seconds: float = 60.0
) -> tuple[str, ...]:
    """Read at most `limit` pages that the cache does not have into it; returns what went wrong, in words."""
    wanted = {key: url for url in urls if absolute_url(url) and (key := url_key(url)) not in cache}
    waiting = dict(list(wanted.items())[:limit])
    problems: list[str] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def look(key: str, url: str) -> None:
        async with turns:
            try:
                cache[key] = await page_of(url, http)
            except Exception as error:  # no page may ever stop an edition
                if isinstance(error, SourceError) and error.status and error.status < 429:
                    cache[key] = PageMetadata()  # it will not be there next time either
                what = str(error) if isinstance(error, SourceError) else repr(error)
                problems.append(f"the page of an article could not be read: {url}: {what}")
            waiting.pop(key)

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for key, url in list(waiting.items()):
                group.create_task(look(key, url))
    except TimeoutError:
        problems.append(f"{len(waiting)} pages of articles were not read: {seconds:g} s were over")
    while len(cache) > _CACHED:
        cache.pop(next(iter(cache)))
    return tuple(problems)


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
