"""Articles of a site by its sitemap: Google News sitemaps, plain ones, indexes of them, gzipped or not.

A news sitemap tells headline, date and keywords. A plain one tells addresses only; what they lead to is then read from
the pages themselves, newest first and each page once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pydantic import Field

from digest.errors import SourceError
from digest.http import Http
from digest.model import Article, Fetched, Image, SourceInfo, Validators
from digest.sources import SourceOptions
from digest.sources._apart import apart
from digest.sources._dates import parse_date
from digest.sources._markup import decode_xml, gunzip
from digest.sources._options import WebAddress
from digest.sources._xml import read_xml, with_ampersands_mended
from digest.sources.article_pages import cache_of, visit
from digest.sources.metadata import PageMetadata, complete
from digest.text import absolute_url, clean_text, url_key

MAX_BYTES = 52_428_800  # unpacked, as the protocol has it (sitemaps.org)
MAX_URLS = 50_000

_MOST_AMPERSANDS = 200_000  # that are mended: with more of them it is no sitemap
_W3C_DATE = re.compile(
    r"(?:199[5-9]|20\d\d)-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{3}|\.\d{6})?)?(?:Z|[+-]\d\d:\d\d)$"
)
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Options(SourceOptions):
    """A site with a sitemap; one for Google News is best, see the site's `robots.txt`."""

    url: WebAddress = Field(
        description="Address of the sitemap or of an index of sitemaps, `.xml` or `.xml.gz`."
    )
    paths: tuple[str, ...] = Field(
        (), description='Take only addresses that contain one of these texts: `["/news/", "/politik/"]`.'
    )
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


@dataclass(slots=True)
class Entry:
    """What a sitemap says of one address; texts as they came, cleaned where they are used."""

    loc: str = ""
    lastmod: str = ""
    news: dict[str, str] = field(default_factory=dict)
    images: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap read: its articles, or the sitemaps that it is an index of, newest first."""

    articles: tuple[Article, ...] = ()
    children: tuple[tuple[str, datetime | None], ...] = ()
    publication: str = ""
    problems: tuple[str, ...] = ()


class Source:
    """A sitemap."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the sitemap, the newest sitemaps of an index, and pages where headlines are missing."""
        answer = await http.get(self._options.url, validators=validators, max_bytes=MAX_BYTES)
        if answer.status == 304:
            return Fetched(
                not_modified=True, validators=validators, moved_to=answer.moved_to, fresh_for=answer.fresh_for
            )
        top = await apart(read, answer.body, answer.url, answer.content_type)
        found, problems = await self._descend(top, http) if top.children else (top.articles, top.problems)
        taken = sorted(filter(self._wanted, found), key=_moment, reverse=True)[: self._options.max_articles]
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
        return not self._options.paths or any(text in article.url for text in self._options.paths)

    async def _descend(self, top: Sitemap, http: Http) -> tuple[tuple[Article, ...], tuple[str, ...]]:
        """Read the newest sitemaps of an index until older ones can bring nothing newer."""
        waiting, read_ones = list(top.children), {url_key(self._options.url)}
        articles: list[Article] = []
        problems: list[str] = list(top.problems)
        while waiting and len(read_ones) <= self._options.max_sitemaps:
            url, changed = waiting.pop(0)
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
            waiting = [*sitemap.children, *waiting]
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
    return article.published or article.updated or _LONG_AGO


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read a sitemap's articles, those of a plain one without headlines; raises SourceError for anything else."""
    sitemap = read(body, url, content_type)
    problems = sitemap.problems
    if sitemap.children:
        names = ", ".join(child for child, _ in sitemap.children[:3])
        problems = (*problems, f"this is an index of {len(sitemap.children)} sitemaps: {names} …")
    return Fetched(info=SourceInfo(title=sitemap.publication), articles=sitemap.articles, problems=problems)


def read(body: bytes, url: str = "", content_type: str = "") -> Sitemap:
    """Read a sitemap or an index of sitemaps; raises SourceError that says what it is instead."""
    if body.startswith(b"\x1f\x8b"):
        try:
            body = gunzip(body, MAX_BYTES)
        except ValueError as error:
            raise SourceError(f"the sitemap cannot be read: {error}") from None
    text = decode_xml(body, content_type)
    if re.match(r"https?://\S+\s*(?:\n|$)", text):
        return _of_lines(text, url)
    root, entries, children, problem = _collect(text)
    if problem and text.count("&") < _MOST_AMPERSANDS:
        root, entries, children, problem = _collect(with_ampersands_mended(text))
    if root not in ("urlset", "sitemapindex"):
        raise SourceError(_what_it_is(text, root, problem))
    articles = {article.url: article for entry in entries if (article := _article(entry, url)).url}
    dated = [(absolute_url(child.loc, url), parse_date(child.lastmod)) for child in children]
    dated = sorted(
        (child for child in dated if child[0]), key=lambda child: child[1] or _LONG_AGO, reverse=True
    )
    publication = next((entry.news["name"] for entry in entries if entry.news.get("name")), "")
    problems = (f"{problem}: what stands before that was read",) if problem else ()
    return Sitemap(tuple(articles.values()), tuple(dated), clean_text(publication), problems)


def _of_lines(text: str, url: str) -> Sitemap:
    """Read a sitemap that is a list of addresses, one a line."""
    found = (absolute_url(line, url) for line in text.split("\n")[:MAX_URLS])
    return Sitemap(tuple(Article(guid=loc, url=loc, title="") for loc in dict.fromkeys(found) if loc))


def _what_it_is(text: str, root: str, problem: str) -> str:
    if root in ("rss", "feed", "rdf"):
        return 'this is a feed, not a sitemap: use kind = "feed"'
    if root == "html" or re.search(r"<(?:!doctype\s+)?html", text[:1000], re.IGNORECASE):
        return "this is a web page, not a sitemap; the site's robots.txt may name one"
    return f"this is no sitemap{f': {problem}' if problem else ''}" if text else "the sitemap is empty"


def _collect(text: str) -> tuple[str, list[Entry], list[Entry], str]:
    """Return the root's name, the entries of `url` and of `sitemap`, and what broke the document off."""
    root: list[str] = []
    lists: dict[str, list[Entry]] = {"url": [], "sitemap": []}
    entry = Entry()

    def on_end(path: Sequence[str], value: str) -> None:
        nonlocal entry
        place = tuple(path[1:])
        if len(place) == 1 and place[0] in lists:
            if len(lists[place[0]]) < MAX_URLS:
                lists[place[0]].append(entry)
            entry = Entry()
        elif len(place) == 2 and place[1] in ("loc", "lastmod"):
            setattr(entry, place[1], value)
        elif len(place) > 2 and place[1] == "news":
            entry.news[place[-1]] = value
        elif len(place) == 3 and place[1] == "image":
            if place[2] == "loc":
                entry.images.append({})
            if entry.images:
                entry.images[-1][place[2]] = value

    problem = read_xml(text, on_end, lambda path, _: root.append(path[0]) if not root else None)
    return next(iter(root), ""), lists["url"], lists["sitemap"], problem


def _article(entry: Entry, base: str) -> Article:
    url = absolute_url(entry.loc, "" if entry.loc.startswith("http") else base)
    news = entry.news
    published, changed = _date(news.get("publication_date", "")), _date(entry.lastmod)
    keywords = (clean_text(word) for word in news["keywords"].split(",")) if "keywords" in news else ()
    pictures = [Image(url=absolute_url(image["loc"], url), alt=clean_text(image.get("title", "")),
                      caption=clean_text(image.get("caption", ""))) for image in entry.images]  # fmt: skip
    return Article(
        guid=url,
        url=url,
        title=clean_text(news["title"]) if "title" in news else "",
        published=published,
        updated=changed if changed and (published is None or changed >= published) else None,
        tags=tuple(dict.fromkeys(filter(None, keywords))),
        image=next((picture for picture in pictures if picture.url), None),
        language=clean_text(news["language"]) if "language" in news else "",
    )


def _date(text: str) -> datetime | None:
    """Read a date, the standard's form first: a sitemap may have tens of thousands."""
    if _W3C_DATE.match(text):
        with suppress(ValueError):
            return datetime.fromisoformat(text).astimezone(UTC)
    return parse_date(text) if text else None
