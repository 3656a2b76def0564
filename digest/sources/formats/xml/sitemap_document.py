"""A sitemap as a document: a list of addresses, with news or pictures, or an index of other sitemaps (sitemaps.org)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.errors import SourceError
from digest.model import Article, Image
from digest.net.http import inflate
from digest.sources.formats.dates import Dated, parse_date, read_date
from digest.sources.formats.markup import decode_xml
from digest.sources.formats.xml.safe_xml import read_xml, with_ampersands_mended
from digest.text import absolute_url, clean_text

MAX_BYTES = 52_428_800  # unpacked, as the protocol has it (sitemaps.org)
MAX_URLS = 50_000

_MAX_AMPERSANDS = 200_000  # that are mended: with more of them it is no sitemap
_W3C_DATE = re.compile(
    r"(?:199[5-9]|20\d\d)-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{3}|\.\d{6})?)?(?:Z|[+-]\d\d:\d\d)$"
)
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


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


def read(body: bytes, url: str = "", content_type: str = "") -> Sitemap:
    """Read a sitemap or an index of sitemaps; raises SourceError that says what it is instead."""
    text = decode_xml(inflate(body, max_bytes=MAX_BYTES), content_type)
    if re.match(r"https?://\S+\s*(?:\n|$)", text):
        return _of_lines(text, url)
    root, entries, children, problem = _collect(text)
    if problem and text.count("&") < _MAX_AMPERSANDS:
        root, entries, children, problem = _collect(with_ampersands_mended(text))
    if root not in ("urlset", "sitemapindex"):
        raise SourceError(_what_it_is(text, root, problem))
    articles = {article.url: article for entry in entries if (article := _article(entry, url)).url}
    dated = [(absolute_url(child.loc, url), parse_date(child.lastmod)) for child in children]
    dated = sorted(
        (child for child in dated if child[0]), key=lambda child: child[1] or LONG_AGO, reverse=True
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
    return f"this is not a sitemap{f': {problem}' if problem else ''}" if text else "the sitemap is empty"


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
    published, changed = _date(news.get("publication_date", "")), _date(entry.lastmod).at
    keywords = (clean_text(word) for word in news["keywords"].split(",")) if "keywords" in news else ()
    pictures = [Image(url=absolute_url(image["loc"], url), alt=clean_text(image.get("title", "")),
                      caption=clean_text(image.get("caption", ""))) for image in entry.images]  # fmt: skip
    return Article(
        guid=url,
        url=url,
        title=clean_text(news["title"]) if "title" in news else "",
        published=published.at,
        day_only=published.day_only,
        updated=changed if changed and (published.at is None or changed >= published.at) else None,
        tags=tuple(dict.fromkeys(filter(None, keywords))),
        image=next((picture for picture in pictures if picture.url), None),
        language=clean_text(news["language"]) if "language" in news else "",
    )


def _date(text: str) -> Dated:
    """Read a date, the standard's form first: a sitemap may have tens of thousands."""
    if _W3C_DATE.match(text):
        with suppress(ValueError):
            return Dated(datetime.fromisoformat(text).astimezone(UTC))
    return read_date(text) if text else Dated()
