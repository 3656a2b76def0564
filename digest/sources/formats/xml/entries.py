"""Read a feed's values: what the feed says of itself, and each of its entries as an article."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from digest.model import Article, Fetched, SourceInfo
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
from digest.sources.formats.teasers import Told, summary_of
from digest.sources.formats.xml.feed_images import lead_image
from digest.sources.formats.xml.feed_values import Channel, Described, Entry, FeedDocument, Text
from digest.text import absolute_url, clean_text, plain_text


def fetched(document: FeedDocument, url: str) -> Fetched:
    """Return what a feed at `url` brings."""
    channel = document.channel
    url = url or _self_link(channel)
    site = absolute_url(_link(channel), url)
    # What is relative belongs to the feed itself by the standard of Atom (RFC 4287, 2). RSS leaves it open: its links are
    # the site's in practice, and what an item shows is where a browser on the item's page would look for it.
    base = (url or site) if document.is_atom else (site or url)
    language = _language(channel)
    info = SourceInfo(
        title=_plain(channel.title), url=site, language=language, licence=_licence(channel, base)
    )
    dated = [
        (entry, _published(entry, language), read_date(entry.updated, language).at)
        for entry in document.entries
    ]
    kept, problems = newest(dated, lambda item: item[1].at or item[2])
    here = _Feed(
        info,
        base,
        channel.authors if document.is_atom else (),
        {url, site, site.rstrip("/"), _link(channel)},
        document.is_atom,
    )
    articles = with_own_guids(_article(entry, published, updated, here) for entry, published, updated in kept)
    losses: tuple[str, ...] = ()
    if document.broken_off:
        losses = (f"the feed breaks off after {len(articles)} whole items; the rest is missing",)
    elif not document.well_formed:
        problems = (*problems, "the feed is not well-formed XML; it was read as far as possible")
    return Fetched(
        info=info,
        articles=articles,
        problems=(*problems, *losses),
        losses=losses,
        fresh_for=_time_to_live(channel),
    )


@dataclass(frozen=True, slots=True)
class _Feed:
    """What its entries need to know of a feed: it stands in where they say nothing."""

    info: SourceInfo
    base: str  # what relative addresses are relative to
    authors: tuple[str, ...]
    own_addresses: Container[str]  # which are no identity of an entry
    is_atom: bool


def _article(entry: Entry, published: Dated, updated: datetime | None, feed: _Feed) -> Article:
    url = absolute_url(_link(entry), feed.base)
    here = feed.base if feed.is_atom else url or feed.base
    summary, content, body_base = _texts(entry, here)
    title = _plain(entry.title) or clean_text(entry.media_title)
    about = Told(title, url, feed.info.title, feed.info.url)
    texts = (summary, content, entry.media_description)
    title, dek = in_brief(title, next(filter(None, (summary_of(text, about) for text in texts)), ""), url)
    body = article_body(content or summary, body_base)
    section, tags = _section_and_tags(entry)
    return Article(
        guid=guid_of(entry.id, url, title, summary, own_addresses=feed.own_addresses),
        url=url,
        title=title,
        dek=dek,
        byline=bylines(entry.authors or feed.authors),
        published=published.at,
        day_only=published.day_only,
        updated=updated,
        section=section,
        tags=tags,
        image=lead_image(entry, body, here),
        body=body,
        language=_language(entry) or feed.info.language,
        licence=_licence(entry, feed.base) or feed.info.licence,
    )


_HTML_TYPES = ("text/html", "application/xhtml+xml")


def _plain(text: Text) -> str:
    """Return a title as plain text, by the type that the feed gives or that its text betrays."""
    return clean_text(plain_text(text.value) if text.kind in _HTML_TYPES else text.value)


def _texts(entry: Entry, base: str) -> tuple[str, str, str]:
    """Return summary and content as HTML, and the address that the links of the longer one are relative to."""
    summary, contents = _fragment(entry.summary), [_fragment(text) for text in entry.contents]
    content = max(contents, key=len, default="")
    chosen = entry.contents[contents.index(content)] if content else entry.summary
    return summary, content, absolute_url(chosen.base, base) or base


def _fragment(text: Text) -> str:
    if text.kind in _HTML_TYPES:
        return text.value
    return as_html(text.value) if text.kind.startswith("text/") else ""


def _link(node: Described) -> str:
    """Return the address of a feed's site or an entry's page, as it is written."""
    if node.original_link:
        return node.original_link
    if node.link and (node.link != node.id or absolute_url(node.link)):  # a guid may look like no link
        return node.link
    for relation in ("alternate", "via", "related", "enclosure"):
        for link in node.links:
            if link.relation == relation and link.href:
                return link.href
    return ""


def _self_link(channel: Channel) -> str:
    return next(
        (link.href for link in channel.links if link.relation == "self" and absolute_url(link.href)), ""
    )


_SCHEMES_OF_MACHINES = (
    "http://schemas.google.com/g/2005#kind",
    "http://schemas.google.com/blogger/2008/kind#",
)


def _section_and_tags(entry: Entry) -> tuple[str, tuple[str, ...]]:
    terms = (
        clean_text(category.label or category.term, 100)
        for category in entry.categories
        if not category.scheme.startswith(_SCHEMES_OF_MACHINES)
    )
    tags = tuple(dict.fromkeys(term for term in terms if term))[:50]
    return clean_text(entry.section, 100) or next(iter(tags), ""), tags


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")


def _language(node: Described) -> str:
    """Return the language that a feed or an entry states, itself or with one of its texts (BCP 47)."""
    for stated in (node.language, *(text.language for text in (*node.contents, node.summary, node.title))):
        if stated and _LANGUAGE.fullmatch(language := stated.strip()):
            return language.replace("_", "-")
    return ""


def _licence(node: Described, base: str) -> str:
    stated = (*(link.href for link in node.links if link.relation == "license"), node.licence_url)
    urls = (absolute_url(link, base) for link in stated if link)
    return next(filter(None, urls), "") or _plain(node.rights)


def _published(entry: Entry, language: str) -> Dated:
    """Return the first publication; RSS writes it as dc:date too, and Atom may give no other date than the last."""
    found = (read_date(text, language) for text in (entry.published, entry.created, entry.updated))
    return next((date for date in found if date.at), Dated())


_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


def _time_to_live(channel: Channel) -> float | None:
    """Return the seconds for which a feed asks not to be visited (RSS `ttl`, the syndication module)."""
    period, frequency = channel.update_period.strip(), channel.update_frequency.strip() or "1"
    if re.fullmatch(r"\d{1,9}", channel.ttl):
        return min(int(channel.ttl) * 60.0, MAX_WAIT_SECONDS) or None
    if period in _PERIODS and re.fullmatch(r"[1-9]\d{0,5}", frequency):
        return min(_PERIODS[period] / int(frequency), MAX_WAIT_SECONDS)
    return None
