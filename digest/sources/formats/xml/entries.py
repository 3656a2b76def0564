"""From feedparser's values to ours: what a feed says of itself, and each of its entries as an article."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from datetime import datetime

from digest.model import Article, Fetched, SourceInfo
from digest.sources._teasers import Told, summary_of
from digest.sources.formats.articles import (
    MAX_WAIT_SECONDS,
    article_body,
    as_html,
    bylines,
    guid_of,
    in_brief,
    newest,
    with_own_guids,
)
from digest.sources.formats.dates import Dated, read_date
from digest.sources.formats.xml.feed_document import ParsedFeed
from digest.sources.formats.xml.feed_images import lead_image, media_text
from digest.sources.formats.xml.feed_parsers import Node, child_of, children_of, value_of
from digest.text import absolute_url, clean_text, plain_text


def fetched(parsed: ParsedFeed, url: str) -> Fetched:
    """Return what a feed at `url` brings."""
    feed = parsed.feed
    url = url or _self_link(feed)
    site = absolute_url(_link(feed), url)
    # What is relative belongs to the feed itself by the standard of Atom (RFC 4287, 2). RSS leaves it open: its links are
    # the site's in practice, and what an item shows is where a browser on the item's page would look for it.
    of_atom = parsed.version.startswith("atom")
    base = (url or site) if of_atom else (site or url)
    info = SourceInfo(
        title=_text(feed, "title"), url=site, language=_language(feed), licence=_licence(feed, base)
    )
    language = info.language
    dated = [
        (entry, _published(entry, language), _date(entry, "updated", language).at) for entry in parsed.entries
    ]
    kept, problems = newest(dated, lambda item: item[1].at or item[2])
    authors = children_of(feed, "authors") if of_atom else []
    nobodys = {url, site, site.rstrip("/"), _link(feed)}
    articles = with_own_guids(
        _article(entry, published, updated, info, base, authors, nobodys, of_atom)
        for entry, published, updated in kept
    )
    losses: tuple[str, ...] = ()
    if parsed.broken_off:
        losses = (f"the feed breaks off after {len(articles)} whole items; the rest is missing",)
    elif not parsed.well_formed:
        problems = (*problems, "the feed is not well-formed XML; it was read as far as possible")
    return Fetched(
        info=info,
        articles=articles,
        problems=(*problems, *losses),
        losses=losses,
        fresh_for=_time_to_live(feed),
    )


def _article(
    entry: Node,
    published: Dated,
    updated: datetime | None,
    info: SourceInfo,
    base: str,
    authors: list[Node],
    nobodys: Container[str],
    of_atom: bool,
) -> Article:
    url = _url(entry, base)
    here = base if of_atom else url or base
    summary, content, body_base = _texts(entry, here)
    title = _text(entry, "title") or clean_text(media_text(entry, "title"))
    about = Told(title, url, info.title, info.url)
    texts = (summary, content, media_text(entry, "description"))
    title, dek = in_brief(title, next(filter(None, (summary_of(text, about) for text in texts)), ""), url)
    body = article_body(content or summary, body_base)
    section, tags = _section_and_tags(entry)
    return Article(
        guid=guid_of(value_of(entry, "id"), url, title, summary, nobodys=nobodys),
        url=url,
        title=title,
        dek=dek,
        byline=bylines(_names(children_of(entry, "authors")) or _names(authors)),
        published=published.at,
        day_only=published.day_only,
        updated=updated,
        section=section,
        tags=tags,
        image=lead_image(entry, body, here),
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


def _published(entry: Node, language: str) -> Dated:
    """Return the first publication; RSS writes it as dc:date too, and Atom may give no other date than the last."""
    found = (_date(entry, name, language) for name in ("published", "created", "updated"))
    return next((date for date in found if date.at), Dated())


def _date(entry: Node, name: str, language: str) -> Dated:
    return read_date(value_of(entry, name), language)


_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


def _time_to_live(feed: Node) -> float | None:
    """Return the seconds for which a feed asks not to be visited (RSS `ttl`, the syndication module)."""
    ttl, period = value_of(feed, "ttl"), value_of(feed, "sy_updateperiod").strip()
    if re.fullmatch(r"\d{1,9}", ttl):
        return min(int(ttl) * 60.0, MAX_WAIT_SECONDS) or None
    frequency = value_of(feed, "sy_updatefrequency").strip() or "1"
    if period in _PERIODS and re.fullmatch(r"[1-9]\d{0,5}", frequency):
        return min(_PERIODS[period] / int(frequency), MAX_WAIT_SECONDS)
    return None
