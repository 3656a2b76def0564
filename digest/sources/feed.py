"""Feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0; a JSON Feed at the same address is read too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pydantic import Field

from digest.errors import SourceError
from digest.http import Http, inflate
from digest.model import Article, Fetched, SourceInfo, Validators
from digest.sources import SourceOptions, jsonfeed, metadata
from digest.sources._apart import apart
from digest.sources._articles import (
    LONGEST_WAIT,
    article_body,
    as_html,
    bylines,
    in_brief,
    newest,
    summary_of,
    with_own_guids,
)
from digest.sources._dates import parse_date
from digest.sources._images import lead_image, media_text
from digest.sources._options import WebAddress
from digest.sources._xmlfeed import Node, ParsedFeed, child_of, children_of, parse_xml, value_of
from digest.text import absolute_url, clean_text, plain_text

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


class Options(SourceOptions):
    """A feed on the web; a JSON Feed at the same address is read too."""

    url: WebAddress = Field(description="Address of the feed itself; `digest sources try SITE` finds it.")

    @property
    def location(self) -> str:
        return self.url


class Source:
    """A feed on the web."""

    def __init__(self, options: Options) -> None:
        self._url = options.url

    async def fetch(self, http: Http, validators: Validators) -> Fetched:
        """Visit the feed, unless it says that nothing has changed; raises SourceError in words."""
        answer = await http.get(self._url, headers={"Accept": ACCEPT}, validators=validators)
        if answer.status == 304:
            return Fetched(
                not_modified=True, validators=validators, moved_to=answer.moved_to, fresh_for=answer.fresh_for
            )
        fetched = await apart(parse, answer.body, url=answer.url, content_type=answer.content_type)
        waits = [seconds for seconds in (answer.fresh_for, fetched.fresh_for) if seconds]
        return replace(
            fetched,
            validators=answer.validators,
            moved_to=answer.moved_to,
            fresh_for=max(waits, default=None),
        )


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read a feed's bytes; `url` is where they came from. Raises SourceError that says what they are instead."""
    body = inflate(body)
    start = body[:1000].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if not start:
        raise SourceError("the answer is empty")
    if start.startswith((b"{", b"[")):
        return jsonfeed.parse(body, url=url, content_type=content_type)
    parsed = parse_xml(body, content_type)
    if not parsed.version and not parsed.entries and not _CHANNEL.search(start):
        raise SourceError(_something_else(body, start, url, content_type))
    return _fetched(parsed, url)


_CHANNEL = re.compile(rb"<channel[\s>]")  # an RSS without its root, or its forefather CDF
_ROOT = re.compile(rb"<(?:\w+:)?(html|urlset|sitemapindex|opml|head|body)[\s>]")


def _something_else(body: bytes, start: bytes, url: str, content_type: str) -> str:
    root = _ROOT.search(start)
    name = root[1] if root else b"html" if start.startswith(b"<!doctype html") else b""
    if name in (b"html", b"head", b"body"):
        feeds = metadata.read(body, url, content_type).feeds
        found = f"; its feeds: {', '.join(feed.url for feed in feeds[:3])}" if feeds else ""
        return f"that is a web page, not a feed{found}"
    if name in (b"urlset", b"sitemapindex"):
        return 'that is a sitemap, not a feed: use kind = "sitemap"'
    if name == b"opml":
        return "that is a list of feeds (OPML), not a feed: read it with `digest sources import`"
    return (
        "that is XML, but not a feed" if start.startswith(b"<") else "that is neither a feed nor a web page"
    )


# --- from feedparser's values to ours ------------------------------------------------------------------------


def _fetched(parsed: ParsedFeed, url: str) -> Fetched:
    feed = parsed.feed
    url = url or _self_link(feed)
    site = absolute_url(_link(feed), url)
    # Relative links: to the feed itself by the standard of Atom, to the site in the practice of RSS.
    base = (url or site) if parsed.version.startswith("atom") else (site or url)
    info = SourceInfo(
        title=_text(feed, "title"), url=site, language=_language(feed), licence=_licence(feed, base)
    )
    dated = [(entry, _published(entry), _date(entry, "updated")) for entry in parsed.entries]
    kept, problems = newest(dated, lambda item: item[1] or item[2])
    authors = children_of(feed, "authors") if parsed.version.startswith("atom") else []
    articles = [
        _article(entry, published, updated, info, base, authors) for entry, published, updated in kept
    ]
    if not parsed.well_formed:
        problems = (*problems, "the feed is not well-formed XML; it was read as far as possible")
    return Fetched(
        info=info, articles=with_own_guids(articles), problems=problems, fresh_for=_time_to_live(feed)
    )


def _article(
    entry: Node,
    published: datetime | None,
    updated: datetime | None,
    info: SourceInfo,
    base: str,
    authors: list[Node],
) -> Article:
    summary, content, body_base = _texts(entry, base)
    url = _url(entry, base)
    told = summary_of(summary) or summary_of(content) or summary_of(media_text(entry, "description"))
    title, dek = in_brief(_text(entry, "title") or clean_text(media_text(entry, "title")), told, url)
    body = article_body(content or summary, body_base)
    section, tags = _section_and_tags(entry)
    return Article(
        guid=_guid(entry, url, title, summary),
        url=url,
        title=title,
        dek=dek,
        byline=bylines(_names(children_of(entry, "authors")) or _names(authors)),
        published=published,
        updated=updated,
        section=section,
        tags=tags,
        image=lead_image(entry, body, base),
        body=body,
        language=_language(entry) or info.language,
        licence=_licence(entry, base) or info.licence,
    )


_HTML_TYPES = ("text/html", "application/xhtml+xml")


def _text(node: Node, name: str) -> str:
    """Return a title as plain text, by the type that the feed gives or that its text betrays."""
    value, kind = value_of(node, name), value_of(child_of(node, f"{name}_detail"), "type")
    return clean_text(plain_text(value) if kind in _HTML_TYPES else value)


def _texts(entry: Node, base: str) -> tuple[str, str, str]:
    """Return summary and content as HTML, and the address that the links of the longer one are relative to."""
    details = [child_of(entry, "summary_detail"), *children_of(entry, "content")]
    summary, *contents = map(_fragment, details)
    content = max(contents, key=len, default="")
    chosen = details[1 + contents.index(content)] if content else details[0]
    return summary, content, absolute_url(value_of(chosen, "base"), base) or base


def _fragment(detail: Node) -> str:
    value, kind = value_of(detail, "value"), value_of(detail, "type")
    if kind in _HTML_TYPES:
        return value
    return as_html(value) if kind.startswith("text/") else ""


def _link(node: Node) -> str:
    """Return the address of a feed's site or an entry's page, as it is written."""
    if original := value_of(node, "feedburner_origlink"):
        return original
    link = value_of(node, "link")
    if link and (
        link != value_of(node, "id") or absolute_url(link)
    ):  # a guid is a link only if it looks like one
        return link
    for relation in ("alternate", "via", "related", "enclosure"):
        for other in children_of(node, "links"):
            if value_of(other, "rel") == relation and (url := value_of(other, "href")):
                return url
    return ""


def _self_link(feed: Node) -> str:
    links = (value_of(link, "href") for link in children_of(feed, "links") if value_of(link, "rel") == "self")
    return next(filter(absolute_url, links), "")


def _url(entry: Node, base: str) -> str:
    return absolute_url(_link(entry), base)


def _guid(entry: Node, url: str, *texts: str) -> str:
    """Return an identity: as given, else the page, else the words; a very long one as its digest."""
    guid = value_of(entry, "id").strip() or url
    if 0 < len(guid) <= 1000:
        return clean_text(guid, 1000)
    return "sha256:" + hashlib.sha256("\n".join([guid, *texts]).encode("utf-8", "replace")).hexdigest()


def _names(authors: Iterable[Node]) -> list[str]:
    return [name for author in authors if (name := value_of(author, "name"))]


_SCHEMES_OF_MACHINES = (
    "http://schemas.google.com/g/2005#kind",
    "http://schemas.google.com/blogger/2008/kind#",
)


def _section_and_tags(entry: Node) -> tuple[str, tuple[str, ...]]:
    terms = (
        clean_text(value_of(tag, "label") or value_of(tag, "term"), 100)
        for tag in children_of(entry, "tags")
        if not value_of(tag, "scheme").startswith(_SCHEMES_OF_MACHINES)
    )
    tags = tuple(dict.fromkeys(term for term in terms if term))[:50]
    stated = value_of(entry, "prism_section") or value_of(entry, "slash_section")
    return clean_text(stated, 100) or next(iter(tags), ""), tags


def _language(node: Node) -> str:
    details = [
        *children_of(node, "content"),
        child_of(node, "summary_detail"),
        child_of(node, "title_detail"),
    ]
    for language in (value_of(node, "language"), *(value_of(detail, "language") for detail in details)):
        if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", language.strip()):
            return language.strip().replace("_", "-")
    return ""


def _licence(node: Node, base: str) -> str:
    links = (
        value_of(link, "href") for link in children_of(node, "links") if value_of(link, "rel") == "license"
    )
    stated = value_of(child_of(node, "media_license"), "href")
    urls = (absolute_url(link, base) for link in (*links, stated))
    return next(filter(None, urls), "") or _text(node, "rights")


def _published(entry: Node) -> datetime | None:
    """Return the first publication; RSS writes it as dc:date too, and Atom may give no other date than the last."""
    return _date(entry, "published") or _date(entry, "created") or _date(entry, "updated")


def _date(entry: Node, name: str) -> datetime | None:
    return parse_date(value_of(entry, name))


_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


def _time_to_live(feed: Node) -> float | None:
    """Return the seconds for which a feed asks not to be visited (RSS `ttl`, the syndication module)."""
    ttl, period = value_of(feed, "ttl"), value_of(feed, "sy_updateperiod").strip()
    if re.fullmatch(r"\d{1,9}", ttl):
        return min(int(ttl) * 60.0, LONGEST_WAIT) or None
    frequency = value_of(feed, "sy_updatefrequency").strip() or "1"
    if period in _PERIODS and re.fullmatch(r"[1-9]\d{0,5}", frequency):
        return min(_PERIODS[period] / int(frequency), LONGEST_WAIT)
    return None
