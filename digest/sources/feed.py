"""Feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0; a JSON Feed at the same address is read too."""

from __future__ import annotations

import re

from pydantic import Field

from digest.errors import SourceError
from digest.model import Fetched
from digest.net.http import inflate
from digest.sources import SourceOptions, jsonfeed
from digest.sources.fetching.document import DocumentSource
from digest.sources.fetching.options import WebAddress
from digest.sources.formats.html import metadata
from digest.sources.formats.xml.entries import fetched
from digest.sources.formats.xml.feed_document import parse_xml

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


class Source(DocumentSource):
    """A feed on the web."""

    def __init__(self, options: Options) -> None:
        super().__init__(options.url, accept=ACCEPT, parse=parse)


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
    return fetched(parsed, url)


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
