"""From any address of a site, find what can be read: its feed, a content management system, or at least a sitemap.

A candidate counts only after it was fetched and read; what was looked at on the way is said, so that a person knows why
nothing was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from digest.errors import SourceError
from digest.model import Fetched
from digest.net.http import Http, Response
from digest.sources import feed, jsonfeed, page, sitemap
from digest.sources.formats.html.head import read_head
from digest.sources.formats.html.metadata import FeedLink
from digest.sources.formats.html.metadata import read as read_metadata
from digest.sources.formats.json import wordpress_posts
from digest.sources.formats.markup import decode_html, tree
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url, url_key

MAX_REQUESTS = 14

#: Where sites keep feeds that their pages do not name, most usual first.
_USUAL_PLACES = ("/feed/", "/rss", "/feed.xml", "/rss.xml", "/atom.xml", "/index.xml", "/feed.json")
_LOOKS_LIKE_A_FEED = re.compile(
    r"(?:/|[._-])(?:rss|atom|feeds?|rdf)(?:/|[._-]|$|\d)|\.(?:rss|atom|rdf)$", re.IGNORECASE
)
_ROOTS = {
    "urlset": "sitemap", "sitemapindex": "sitemap", "opml": "opml", "html": "page", "body": "page", "head": "page",
}  # fmt: skip
_PARSERS = {"feed": feed.parse, "jsonfeed": jsonfeed.parse, "sitemap": sitemap.parse, "page": page.parse}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source that was read once, as it may stand in the configuration, and what it brought."""

    kind: str
    url: str
    fetched: Fetched

    def __str__(self) -> str:
        articles = f"{len(self.fetched.articles)} article{'' if len(self.fetched.articles) == 1 else 's'}"
        title = f"{self.fetched.info.title}: " if self.fetched.info.title else ""
        return f'kind = "{self.kind}", url = "{self.url}" ({title}{articles})'


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What an address led to, best first, and in words what was looked at without success."""

    found: tuple[Found, ...] = ()
    looked_at: tuple[str, ...] = ()


def kind_of(body: bytes, content_type: str = "") -> str:
    """Return the kind of source that reads these bytes, "opml" for a list of feeds, "" if none does."""
    start = body[:4000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if body.startswith(b"\x1f\x8b"):
        return "sitemap"
    if start.startswith((b"{", b"[")):
        return _kind_of_json(start)
    text = decode_html(body[:4000], content_type).lower()
    root = re.search(r"<(?:[\w.-]+:)?(rss|feed|rdf|channel|urlset|sitemapindex|opml|html|body|head)\b", text)
    if root:
        return _ROOTS.get(root[1], "feed")
    return "page" if text.lstrip().startswith("<!doctype html") or "html" in content_type else ""


def _kind_of_json(start: bytes) -> str:
    if b"jsonfeed.org/version" in start or (b'"items"' in start and b'"home_page_url"' in start):
        return "jsonfeed"
    if b'"rendered"' in start or b'"date_gmt"' in start:
        return "wordpress"
    return "ghost" if b'"posts"' in start else "jsonfeed" if b'"items"' in start else ""


@dataclass(frozen=True, slots=True)
class _Signposts:
    """Where a page leads: the feeds it names, its WordPress API, and all its links, absolute or empty."""

    feeds: Sequence[FeedLink]
    wordpress: str
    is_ghost: bool
    links: Sequence[str]


def _signposts(body: bytes, url: str, content_type: str) -> _Signposts:
    page = tree(decode_html(body, content_type))
    head = read_head(page, url)
    return _Signposts(
        feeds=read_metadata(body, url, content_type).feeds,
        wordpress=head.linked("https://api.w.org/"),
        is_ghost="ghost" in head.meta("generator").lower(),
        links=[absolute_url(node.attributes.get("href") or "", head.url) for node in page.css("a[href]")],
    )


async def discover(address: str, http: Http) -> Discovery:
    """Find what can be read from a site; raises SourceError if the address itself cannot be visited."""
    url = address if re.match(r"[a-z][a-z0-9+.-]*:", address.strip(), re.IGNORECASE) else f"https://{address}"
    if not absolute_url(url):
        raise SourceError(
            f'{address!r} is not the address of a site; write for example "https://example.org"'
        )
    answer = await http.get(absolute_url(url))
    search = _Search(http)
    kind = kind_of(answer.body, answer.content_type)
    if kind in ("feed", "jsonfeed", "sitemap"):
        await search.take(kind, answer.url, answer)
        return search.result()
    if kind != "page":
        what = "a list of feeds (OPML): import it" if kind == "opml" else "neither a page nor a feed"
        return Discovery(looked_at=(f"{answer.url}: it is {what}",))
    await search.through(answer)
    return search.result()


class _Search:
    """One search: what was found, what was looked at, and how much more may be."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._found: list[Found] = []
        self._looked_at: list[str] = []
        self._seen: set[str] = set()

    def result(self) -> Discovery:
        return Discovery(found=tuple(self._found), looked_at=tuple(self._looked_at))

    async def through(self, answer: Response) -> None:
        """Look where a page points, then where such sites usually keep it; stop at the first that is a feed."""
        page = await apart(_signposts, answer.body, answer.url, answer.content_type)
        named = sorted(page.feeds, key=lambda link: _of_comments(f"{link.url} {link.title}"))
        for link in named[:4]:
            await self.look(link.kind, link.url)
        if not named:
            self._looked_at.append(f"{answer.url}: the page names no feed")
        if page.wordpress:
            await self._look_at_wordpress(page.wordpress, answer.url)
        if page.is_ghost and not self._found:
            await self.look("feed", urljoin(answer.url, "/rss/"))
        await self._guess(page.links, answer)
        if not self._found:
            await self._look_at_sitemaps(answer)
        if not self._found:
            await self.take("page", answer.url, answer)

    async def _guess(self, links: Sequence[str], answer: Response) -> None:
        host = (urlsplit(answer.url).hostname or "").removeprefix("www.")
        likely = [link for link in links if host in link and _LOOKS_LIKE_A_FEED.search(urlsplit(link).path)]
        below = urljoin(answer.url, ".").rstrip("/")
        usual = [urljoin(answer.url, place) for place in _USUAL_PLACES]
        own = [f"{below}{_USUAL_PLACES[0]}"] if urlsplit(below).path else []
        for url in [*likely[:4], *own, *usual]:
            if not self._found:
                await self.look("feed", url)

    async def _look_at_wordpress(self, api: str, site: str) -> None:
        posts = urljoin(api, "wp/v2/posts") if "?" not in api else f"{api.rstrip('/')}/wp/v2/posts"
        if answer := await self._visit(f"{posts}{'&' if '?' in posts else '?'}per_page=5&_embed"):
            try:
                fetched = await apart(wordpress_posts.parse, answer.body, url=site)
            except SourceError as error:
                self._looked_at.append(f"{posts}: {error}")
            else:
                home = re.split(r"wp-json|(?:index\.php)?\?rest_route", api)[0]
                self._found.append(Found(kind="wordpress", url=home, fetched=fetched))

    async def _look_at_sitemaps(self, answer: Response) -> None:
        robots = await self._visit(urljoin(answer.url, "/robots.txt"))
        named = list(_sitemaps(robots.body)) if robots else []
        named.sort(key=lambda url: "news" not in url.lower())
        for url in [*named[:2], urljoin(answer.url, "/sitemap.xml")]:
            if not self._found:
                await self.look("sitemap", url)

    async def look(self, kind: str, url: str) -> None:
        """Visit a candidate, and take it if it is what it is thought to be, or another kind of source."""
        if answer := await self._visit(url):
            found = kind_of(answer.body, answer.content_type)
            if found in ("feed", "jsonfeed", "sitemap"):
                await self.take(found, url, answer)
            else:
                self._looked_at.append(f"{url}: it is no {kind}")

    async def take(self, kind: str, url: str, answer: Response) -> None:
        """Take an answer that reads as its kind."""
        parse = _PARSERS[kind]
        try:
            fetched = await apart(parse, answer.body, url=answer.url, content_type=answer.content_type)
        except SourceError as error:
            self._looked_at.append(f"{url}: {error}")
        else:
            self._found.append(Found(kind=kind, url=url, fetched=fetched))

    async def _visit(self, url: str) -> Response | None:
        if not absolute_url(url) or url_key(url) in self._seen or len(self._seen) >= MAX_REQUESTS:
            return None
        self._seen.add(url_key(url))
        try:
            return await self._http.get(url)
        except SourceError as error:
            self._looked_at.append(f"{url}: {error}")
            return None


def _of_comments(text: str) -> bool:
    return bool(re.search(r"comment|kommentar|commentaire|oembed", text, re.IGNORECASE))


def _sitemaps(robots: bytes) -> Iterator[str]:
    for line in robots[:100_000].decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "sitemap" and absolute_url(value):
            yield absolute_url(value)
