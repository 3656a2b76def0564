"""Articles of a site by its sitemap: Google News sitemaps, plain ones, indexes of them, gzipped or not.

A news sitemap tells headline, date and keywords. A plain one tells addresses only; what they lead to is then read from
the pages themselves, newest first and each page once.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from pydantic import Field

from digest.errors import SourceError
from digest.model import Article, Fetched, SourceInfo, Validators
from digest.net.http import Http
from digest.sources import SourceOptions
from digest.sources.fetching.article_pages import cache_of, visit
from digest.sources.fetching.document import unchanged
from digest.sources.fetching.options import Paths, WebAddress, is_wanted
from digest.sources.fetching.sitemap_order import Order
from digest.sources.formats.html.metadata import PageMetadata, complete
from digest.sources.formats.html.page_dates import dated_path
from digest.sources.formats.xml.sitemap_document import LONG_AGO, MAX_BYTES, Sitemap, read
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url, url_key


class Options(SourceOptions):
    """A site with a sitemap; one for Google News is best, see the site's `robots.txt`."""

    url: WebAddress = Field(
        description="Address of the sitemap or of an index of sitemaps, `.xml` or `.xml.gz`."
    )
    paths: Paths = ()
    pages: bool = Field(
        True,
        description="Read the articles' own pages where the sitemap tells no headline; plain sitemaps need it.",
    )
    max_articles: int = Field(20, ge=1, le=200, description="How many of the newest articles to take.")
    max_sitemaps: int = Field(
        5, ge=1, le=50, description="How many sitemaps of an index to read, newest first."
    )

    @property
    def location(self) -> str:
        return self.url


class Source:
    """A sitemap."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the sitemap, the newest sitemaps of an index, and pages where headlines are missing."""
        answer = await http.get(self._options.url, validators=validators, max_bytes=MAX_BYTES)
        if answer.status == 304:
            return unchanged(answer, validators)
        top = await apart(read, answer.body, answer.url, answer.content_type)
        found, problems = await self._descend(top, http) if top.children else (top.articles, top.problems)
        taken = _newest([article for article in found if self._wanted(article)], self._options.max_articles)
        if found and not taken:
            problems = (*problems, "no address of the sitemap contains what `paths` asks for")
        articles, more = await self._with_pages(taken, http)
        unread = [
            article for article in taken if not article.title and url_key(article.url) not in cache_of(http)
        ]
        language = next((article.language for article in articles if article.language), "")
        origin = absolute_url("/", answer.url)
        return Fetched(
            info=SourceInfo(
                title=top.publication or urlsplit(origin).hostname or "", url=origin, language=language
            ),
            articles=articles,
            problems=(*problems, *more),
            # An index may stay as it is while its sitemaps change; and pages that failed are tried again.
            validators=Validators() if top.children or unread else answer.validators,
            moved_to=answer.moved_to,
            fresh_for=answer.fresh_for,
        )

    def _wanted(self, article: Article) -> bool:
        return is_wanted(article.url, self._options.paths)

    async def _descend(self, top: Sitemap, http: Http) -> tuple[tuple[Article, ...], tuple[str, ...]]:
        """Read the newest sitemaps of an index until older ones can bring nothing newer."""
        waiting, read_ones = [Order(top.children)], {url_key(self._options.url)}
        articles: list[Article] = []
        problems: list[str] = list(top.problems)
        while waiting and len(read_ones) <= self._options.max_sitemaps:
            if not waiting[-1]:
                waiting.pop()
                continue
            url, changed = waiting[-1].take()
            if self._old(changed, articles):
                break
            if url_key(url) in read_ones:
                problems.append(f"the index names {url} within itself, or twice: it was read once")
                continue
            read_ones.add(url_key(url))
            try:
                answer = await http.get(url, max_bytes=MAX_BYTES)
                sitemap = await apart(read, answer.body, answer.url, answer.content_type)
            except SourceError as error:
                problems.append(f"a sitemap of the index could not be read: {url}: {error}")
                continue
            articles += sitemap.articles
            problems += sitemap.problems
            waiting[-1].tell(url, max(map(_moment, sitemap.articles), default=None))
            if sitemap.children:
                waiting.append(Order(sitemap.children))
        if left := sum(order.unknown() for order in waiting):
            problems.append(
                f"{left} sitemaps of the index that have no date were not read, and may be newer: raise max_sitemaps"
            )
        if not articles and problems:
            raise SourceError("; ".join(problems))
        return tuple(articles), tuple(problems)

    def _old(self, changed: datetime | None, articles: list[Article]) -> bool:
        newer = sum(
            changed is not None and _moment(article) > changed
            for article in articles
            if self._wanted(article)
        )
        return newer >= self._options.max_articles

    async def _with_pages(
        self, taken: list[Article], http: Http
    ) -> tuple[tuple[Article, ...], tuple[str, ...]]:
        untitled = [article.url for article in taken if not article.title]
        if not untitled:
            return tuple(taken), ()
        if not self._options.pages:
            return tuple(article for article in taken if article.title), (
                f"the sitemap tells no headline for {len(untitled)} addresses: set pages = true to read their pages",
            )
        cache = cache_of(http)
        problems = await visit(untitled, http, cache=cache, limit=len(untitled))
        pages = {article.url: cache.get(url_key(article.url), PageMetadata()) for article in taken}
        kept = (
            complete(article, pages[article.url])
            for article in taken
            if article.title or pages[article.url].is_article
        )
        return tuple(article for article in kept if article.title), problems


def _moment(article: Article) -> datetime:
    return article.published or article.updated or dated_path(article.url).at or LONG_AGO


def _newest(articles: list[Article], count: int) -> list[Article]:
    """Return the newest articles; without dates, those at both ends of the list, since either end may be the newer."""
    articles = sorted(articles, key=_moment, reverse=True)
    if len(articles) <= count or _moment(articles[0]) != LONG_AGO:
        return articles[:count]
    numbers = [_last_number(article.url) for article in articles]
    if None not in numbers and len(set(numbers)) == len(numbers):
        return sorted(articles, key=lambda article: _last_number(article.url) or 0, reverse=True)[:count]
    first = count - count // 2
    return articles[:first] + articles[len(articles) - count // 2 :]


def _last_number(url: str) -> int | None:
    """Return the number by which many sites name their articles."""
    found = re.findall(r"\d{3,12}", urlsplit(url).path)
    return int(found[-1]) if found else None


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read a sitemap's articles, those of a plain one without headlines; raises SourceError for anything else."""
    sitemap = read(body, url, content_type)
    problems = sitemap.problems
    if sitemap.children:
        names = ", ".join(child for child, _ in sitemap.children[:3])
        problems = (*problems, f"this is an index of {len(sitemap.children)} sitemaps: {names} …")
    return Fetched(info=SourceInfo(title=sitemap.publication), articles=sitemap.articles, problems=problems)
