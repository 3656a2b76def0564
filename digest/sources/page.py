"""Articles that a page lists, for sites without any feed: links that look like articles, then each article's own page.

What a link looks like is judged by where it stands and what it says: headlines inside the page's main part with a path
of their own count, navigation, tags, authors and files do not. `selector` overrules the judgement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from digest.errors import SourceError
from digest.model import Article, Fetched, SourceInfo, Validators
from digest.net.http import Http
from digest.sources import SourceOptions
from digest.sources.fetching.article_pages import cache_of, visit
from digest.sources.fetching.document import unchanged
from digest.sources.fetching.options import Paths, WebAddress, is_wanted
from digest.sources.formats.html.metadata import PageMetadata, complete
from digest.sources.formats.html.metadata import read as read_metadata
from digest.sources.formats.markup import decode_html, tree
from digest.sources.isolation.parser_process import apart
from digest.text import absolute_url, clean_text, url_key

MAX_BYTES = 3_000_000
MAX_LINKS = 3_000

_MIN_POINTS = 3  # points that make a link an article's
_FURNITURE = {"nav", "header", "footer", "aside", "form"}
_NO_ARTICLE = re.compile(
    r"/(?:tags?|category|categories|topics?|authors?|users?|members?|search|login|signin|register|subscribe|account|shop"
    r"|about|contact|imprint|impressum|datenschutz|privacy|terms|newsletters?|feeds?|rss|page/\d+|wp-(?:admin|login|content))"
    r"(?:/|\.\w+$|$)|\.(?:jpe?g|png|gif|webp|svg|pdf|zip|mp[34]|xml|json|css|js)$",
    re.IGNORECASE,
)
_DATED = re.compile(r"/(?:19|20)\d\d[/-]?(?:0[1-9]|1[0-2])\b|/(?:19|20)\d\d/")
_NUMBERED = re.compile(r"\d{4,}")


class Options(SourceOptions):
    """A page that lists articles, for a site without a feed; where there is one, `feed` is gentler and more complete."""

    url: WebAddress = Field(description="Address of the page that lists the articles.")
    selector: str = Field(
        "",
        description="CSS selector of the links to take, such as `main h2 a`; judged by their looks by default.",
    )
    paths: Paths = ()
    max_articles: int = Field(
        15, ge=1, le=100, description="How many articles to take, in the order of the page."
    )

    @field_validator("selector")
    @classmethod
    def _a_selector(cls, value: str) -> str:
        try:
            LexborHTMLParser("").css(value or "a")
        except (SelectolaxError, ValueError):
            raise ValueError("is not a CSS selector") from None
        return value

    @property
    def location(self) -> str:
        return self.url


class Source:
    """A page that lists articles."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Read the listing, then the page of each article that was not read before."""
        answer = await http.get(self._options.url, validators=validators, max_bytes=MAX_BYTES)
        if answer.status == 304:
            return unchanged(answer, validators)
        listing = await apart(self._listing, answer.body, answer.url, answer.content_type)
        wanted = [article for article in listing.articles if is_wanted(article.url, self._options.paths)]
        found = wanted[: self._options.max_articles]
        cache = cache_of(http)
        problems = await visit((article.url for article in found), http, cache=cache, limit=len(found))
        pages = {article.url: cache.get(url_key(article.url), PageMetadata()) for article in found}
        return Fetched(
            info=listing.info,
            articles=tuple(_merged(article, pages[article.url]) for article in found),
            problems=problems,  # the listing's own are advice for whoever sets it up, see `digest sources try`
            # A page that failed for now is tried again even if the listing stays as it is.
            validators=answer.validators
            if all(url_key(article.url) in cache for article in found)
            else Validators(),
            moved_to=answer.moved_to,
            fresh_for=answer.fresh_for,
        )

    def _listing(self, body: bytes, url: str, content_type: str) -> Fetched:
        return parse(body, url=url, content_type=content_type, selector=self._options.selector)


def _merged(article: Article, page: PageMetadata) -> Article:
    """Return what the article's page says; the words of the link only stand in for a headline that it lacks."""
    full = complete(Article(guid=article.guid, url=article.url, title=""), page)
    return full if full.title else complete(article, page)


def parse(body: bytes, *, url: str = "", content_type: str = "", selector: str = "") -> Fetched:
    """Read a listing: its articles have an address and a headline, no more; raises SourceError if it shows none."""
    html = decode_html(body, content_type)
    if not re.search(r"<\s*[a-z!]", html[:5000], re.IGNORECASE):
        raise SourceError("this is not a web page" if html.strip() else "the page is empty")
    page = tree(html)
    about = read_metadata(body, url, content_type)
    links = _chosen(page, url, selector) if selector else _judged(page, url)
    articles = tuple(Article(guid=link.url, url=link.url, title=link.title) for link in links if link.title)
    if not articles:
        how = f"the selector {selector!r} matches no link with words" if selector else (
            "no link on the page looks like an article's; name them with `selector`"
        )  # fmt: skip
        raise SourceError(f"{how}{_feed_hint(about)}")
    hint = _feed_hint(about)
    return Fetched(
        info=SourceInfo(title=about.site_name or about.title, url=about.url, language=about.language),
        articles=articles,
        problems=(f"this site has a feed, which is kinder and more complete{hint}",) if hint else (),
    )


def _feed_hint(about: PageMetadata) -> str:
    return f': kind = "{about.feeds[0].kind}", url = "{about.feeds[0].url}"' if about.feeds else ""


@dataclass(slots=True)
class _Link:
    """All the links of a page that lead to one address: the picture's, the headline's, "read more"."""

    url: str
    title: str = ""
    points: int = 0


def _anchors(page: LexborHTMLParser, base: str, selector: str) -> Iterator[tuple[LexborNode, str]]:
    for node in page.css(selector)[:MAX_LINKS]:
        inside = [node] if node.tag == "a" else node.css("a[href]")
        anchor = next(filter(_words, inside), None) or next(iter(inside), None) or _above(node, {"a"})
        url = absolute_url((anchor.attributes.get("href") or "").partition("#")[0], base) if anchor else ""
        if anchor and url and url_key(url) != url_key(base):
            yield anchor, url


def _chosen(page: LexborHTMLParser, base: str, selector: str) -> list[_Link]:
    links: dict[str, _Link] = {}
    for anchor, url in _anchors(page, base, selector):
        link = links.setdefault(url_key(url), _Link(url))
        link.title = max(link.title, _words(anchor), key=len)
    return list(links.values())


def _judged(page: LexborHTMLParser, base: str) -> list[_Link]:
    """Return the links that look like articles' links, in the order of the page."""
    links: dict[str, _Link] = {}
    host = (urlsplit(base).hostname or "").removeprefix("www.")
    for anchor, url in _anchors(page, base, "a[href]"):
        parts = urlsplit(url)
        here = f".{parts.hostname or ''}".endswith(f".{host}")
        if not here or _NO_ARTICLE.search(parts.path) or not (parts.path.strip("/") or parts.query):
            continue
        words = _words(anchor)
        link = links.setdefault(url_key(url), _Link(url))
        points = _points(anchor, words, parts.path)
        if points > link.points or (points == link.points and len(words) > len(link.title)):
            link.points, link.title = points, words or link.title
    return [link for link in links.values() if link.points >= _MIN_POINTS]


def _points(anchor: LexborNode, words: str, path: str) -> int:
    """Judge a link: its words, whether they are a headline, where it stands, and whether its path names one thing."""
    if _above(anchor, _FURNITURE - {"header"}) or (
        _above(anchor, {"header"}) and not _above(anchor, {"article"})
    ):
        return 0
    said = len(words.split()) >= 4 or len(words) >= 24 or (not words.isascii() and len(words) >= 8)
    headline = bool(anchor.css_first("h1, h2, h3, h4")) or bool(_above(anchor, {"h1", "h2", "h3", "h4"}))
    inside = bool(_above(anchor, {"article", "main"})) or "headline" in (anchor.attributes.get("class") or "")
    last = path.rstrip("/").rpartition("/")[2]
    own_path = (
        last.count("-") >= 3 or last.count("_") >= 3 or bool(_DATED.search(path) or _NUMBERED.search(last))
    )
    return (said + 2 * headline + inside + 2 * own_path) if words and (said or headline) else 0


def _above(node: LexborNode, tags: set[str]) -> LexborNode | None:
    """Return the nearest element around a node with one of these tags, within a few dozen levels."""
    parent = node.parent
    for _ in range(40):
        if parent is None or parent.tag in tags:
            return parent
        parent = parent.parent
    return None


def _words(anchor: LexborNode) -> str:
    """Return a link's words: the headline in it, else all of them, else those for a screen reader."""
    heading = anchor.css_first("h1, h2, h3, h4, [class*=headline], [class*=title]")
    said = clean_text((heading or anchor).text(separator=" "))
    return said or clean_text(anchor.attributes.get("aria-label") or anchor.attributes.get("title") or "")
