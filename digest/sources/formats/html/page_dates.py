"""When an article came out, by what its page says: meta elements, JSON-LD, microdata, marked times, its address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.sources.formats.dates import Dated, read_date
from digest.sources.formats.html.head import Head
from digest.sources.formats.html.jsonld import Node

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "article:published", "article.published",
    "og:published_time", "datepublished", "date_published", "parsely-pub-date", "sailthru.date", "rnews:datepublished",
    "dcterms.issued", "dc.date.issued", "dcterms.created", "dc.date.created", "dcterms.date", "dc.date",
    "prism.publicationdate", "citation_publication_date", "citation_date", "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime", "bt:pubdate", "publishdate", "publish-date", "publish_date", "publication_date",
    "publicationdate", "pubdate", "pub_date", "pub-date", "original-publish-date", "originalpublicationdate",
    "article_date_original", "firstpublished", "displaydate", "datecreated", "dc.created", "date.issued", "date",
)  # fmt: skip
_UPDATED = (
    "article:modified_time", "og:article:modified_time", "article:updated_time", "og:updated_time", "datemodified",
    "dcterms.modified", "dc.date.modified", "sailthru.modified", "lastmod", "last-modified",
)  # fmt: skip
_MARKED_TIMES = "time[pubdate], time[class*=publish], .dt-published, .entry-date, abbr.published"
_DATED_PATH = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")


def first_published(head: Head, page: LexborHTMLParser, article: Node, whole: Node) -> Dated:
    """Return the first date that can be read; no guess is better than a wrong date."""
    texts = [head.meta(_PUBLISHED[0]), *head.graph.texts(article.get("datePublished"))]
    texts += [*head.all(*_PUBLISHED), *head.items.get("datepublished", ()), *_times(page)]
    texts += [*head.graph.texts(article.get("dateCreated")), *head.graph.texts(whole.get("datePublished"))]
    return _first_date(texts)


def last_updated(head: Head, article: Node) -> datetime | None:
    """Return when the page says that it was changed last."""
    return _first_date([*head.all(*_UPDATED), *head.graph.texts(article.get("dateModified"))]).at


def _times(page: LexborHTMLParser) -> Iterable[str]:
    """Yield dates that are the page's own: in the one article that it shows, or the only one marked, or the only one."""
    articles = page.css("article")
    shown = [article for article in articles if article.css_first("h1")] or articles
    if len(shown) == 1:
        yield from map(_time, shown[0].css(_MARKED_TIMES)[:1] + shown[0].css("time[datetime]")[:1])
    for selector in (_MARKED_TIMES, "time[datetime]") if len(shown) <= 1 else (_MARKED_TIMES,):
        times = set(map(_time, page.css(selector)[:100]))
        yield from times if len(times) == 1 else ()


def _time(node: LexborNode) -> str:
    return node.attributes.get("datetime") or node.attributes.get("title") or node.text()


def dated_path(url: str) -> Dated:
    """Return the day that an address like /2026/03/02/title names."""
    found = _DATED_PATH.search(urlsplit(url).path)
    return read_date("-".join(found.groups())) if found else Dated()


def _first_date(texts: Iterable[str]) -> Dated:
    return next((date for text in texts if text and (date := read_date(text)).at), Dated())
