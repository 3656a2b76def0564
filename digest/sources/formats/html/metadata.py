"""An article's metadata from its own page: what it says in Open Graph, JSON-LD, microdata and plain meta elements.

Pure: bytes in, values out, and never an error, however broken the page. `article_pages` does the visiting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from digest.model import Article, Image
from digest.sources.formats.html.head import Head, read_head
from digest.sources.formats.html.jsonld import Node
from digest.sources.formats.html.page_dates import dated_path, first_published, last_updated
from digest.sources.formats.html.page_images import lead_image
from digest.sources.formats.images import completed, file_name
from digest.sources.formats.markup import decode_html, tree
from digest.text import absolute_url, clean_text, truncate

FEED_TYPES = {
    "application/rss+xml": "feed", "application/atom+xml": "feed", "application/rdf+xml": "feed",
    "application/x-rss+xml": "feed", "application/x-atom+xml": "feed", "text/rss+xml": "feed", "text/atom+xml": "feed",
    "application/feed+json": "jsonfeed",
}  # fmt: skip
_XML_TYPES = {"application/xml", "text/xml"}  # a feed if its address or title says so too
_FEED_WORD = re.compile(r"rss|atom|feed|rdf", re.IGNORECASE)
_JSON_FEED = re.compile(r"feed[\w.-]*$|feed\.json|json ?feed", re.IGNORECASE)

_AUTHORS = ("author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
            "dcterms.creator", "citation_author", "byl", "byline")  # fmt: skip
_DEKS = ("og:description", "twitter:description", "description", "dcterms.abstract", "dc.description",
         "dcterms.description", "sailthru.description")  # fmt: skip

_TITLES = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "parsely-title",
    "sailthru.title",
    "citation_title",
)

_ADDRESS = re.compile(r"\s*(?:https?:)?//|\s*www\.|@", re.IGNORECASE)
_NO_AUTHORS = {"admin", "administrator", "webmaster", "author", "null", "none", "undefined"}
_BY = re.compile(r"^by:?\s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_SUFFIX = re.compile(r"\s+[|\-–—·•»«:/]+\s+|\s*[|｜_]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed that a page offers: its address, the kind of source that reads it, and its title."""

    url: str
    kind: str = "feed"
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMetadata:
    """What a page says of itself: plain texts, absolute URLs, UTC times; empty where it says nothing."""

    title: str = ""
    url: str = ""  # canonical
    site_name: str = ""
    dek: str = ""
    byline: str = ""
    published: datetime | None = None
    day_only: bool = False  # `published` names a day
    updated: datetime | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    image: Image | None = None
    language: str = ""
    licence: str = ""
    feeds: tuple[FeedLink, ...] = ()
    is_article: bool = False  # it says that it is one


def read(html: bytes, url: str = "", content_type: str = "") -> PageMetadata:
    """Return what a page at `url` says of itself."""
    page = tree(decode_html(html, content_type))
    head = read_head(page, url)
    article, whole = head.graph.article(head.meta("og:url") or url), head.graph.page()
    published = first_published(head, page, article, whole)
    updated = last_updated(head, article)
    title = _title(head, article)
    stated = published if published.at else dated_path(url)
    return PageMetadata(
        title=title,
        url=_canonical(head, article, url),
        site_name=_site_name(head, article),
        dek=_dek(head, article, title),
        byline=_byline(head, article),
        published=stated.at,
        day_only=stated.day_only,
        updated=updated if updated and (published.at is None or updated >= published.at) else None,
        section=head.meta("article:section", "og:article:section", "parsely-section")
        or head.graph.text(article.get("articleSection"), "name")
        or head.item("articlesection"),
        tags=_tags(head, article),
        image=lead_image(head, page, article, whole),
        language=_language(head, article),
        licence=_licence(head, article),
        feeds=_feeds(head),
        is_article=bool(article) or head.meta("og:type").startswith("article") or published.at is not None,
    )


# --- title, site, language ---------------------------------------------------------------------------------


def _site_name(head: Head, article: Node) -> str:
    publisher = head.graph.people(article.get("publisher"))
    return head.meta("og:site_name", "application-name") or next(iter(publisher), "")


def _title(head: Head, article: Node) -> str:
    """Return the headline that most of the page's own statements agree on, without the site's name at its end."""
    sites = _site_names(head, article)
    stated = [
        head.graph.text(article.get("headline"), "name"),
        head.item("headline"),
        *map(head.meta, _TITLES),
    ]
    stated.sort(key=lambda text: text.endswith(("...", "…")))  # a statement that is cut off comes last
    stated += [heading for heading in head.headings if _letters(heading) not in sites]
    titles = [_without_site(text, sites) for text in filter(None, [*stated, head.title])]
    letters = [_letters(title) for title in titles]
    whole = _letters(head.title)
    window = len(titles) - bool(
        head.title
    )  # the place of the title element, often written for search engines

    def agreement(place: int) -> int:
        begins = place != window and len(letters[place]) > 3 and whole.startswith(letters[place])
        return letters.count(letters[place]) + begins

    return titles[max(range(len(titles)), key=agreement)] if titles else ""


def _site_names(head: Head, article: Node) -> set[str]:
    host = (urlsplit(head.url).hostname or "").removeprefix("www.")
    names = (_site_name(head, article), head.meta("twitter:site").lstrip("@"), host, host.partition(".")[0])
    return {_letters(name) for name in names if name}


def _without_site(title: str, sites: set[str]) -> str:
    for cut in reversed(list(_SUFFIX.finditer(title))):
        if title[: cut.start()].strip() and _letters(title[cut.end() :]) in sites:
            return title[: cut.start()].strip()
    return title


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _language(head: Head, article: Node) -> str:
    stated = (
        head.graph.text(article.get("inLanguage"), "alternateName", "name"),
        head.language, head.meta("og:locale", "content-language", "dcterms.language", "dc.language"),
    )  # fmt: skip
    return next((tag.replace("_", "-") for tag in stated if _LANGUAGE.fullmatch(tag)), "")


def _canonical(head: Head, article: Node, url: str) -> str:
    """Return the page's own address; a canonical link to the front page is a mistake of the site's template."""
    for stated in (head.linked("canonical"), head.meta("og:url"), head.graph.text(article.get("url"))):
        found = absolute_url(stated, url)
        if found and (urlsplit(found).path.strip("/") or not urlsplit(url).path.strip("/")):
            return found
    return absolute_url(url)


# --- dek, byline, tags, licence ----------------------------------------------------------------------------


def _dek(head: Head, article: Node, title: str) -> str:
    stated = [*head.all(*_DEKS[:3]), head.graph.text(article.get("description")), *head.all(*_DEKS[3:])]
    stated = [text for text in stated if text and _letters(text) != _letters(title)]
    whole = (text for text in stated if not text.endswith(("...", "…")))
    return truncate(next(whole, stated[0] if stated else ""), 300)


def _byline(head: Head, article: Node) -> str:
    names = head.graph.people(article.get("author")) or head.graph.people(article.get("creator"))
    for stated in ([head.meta(name) for name in _AUTHORS], head.items.get("author", ())):
        names = names or [name for name in stated if name and not _ADDRESS.match(name)][:1]
    if citation := list(head.all("citation_author")):
        names = citation
    names = [_BY.sub("", name) for name in names]
    return clean_text(", ".join(dict.fromkeys(name for name in names if name.casefold() not in _NO_AUTHORS)))


def _tags(head: Head, article: Node) -> tuple[str, ...]:
    tags = [*head.all("article:tag", "og:article:tag"), *head.graph.texts(article.get("keywords"), "name")]
    tags = tags or [head.meta("news_keywords", "keywords", "parsely-tags")]
    parts = (part.strip() for tag in tags for part in re.split(r"[,，;、]", tag))
    return tuple(dict.fromkeys(part for part in parts if part))[:30]


def _licence(head: Head, article: Node) -> str:
    stated = head.graph.text(article.get("license"), "url", "@id", "name")
    return (
        head.linked("license")
        or stated
        or head.meta("dcterms.license", "dc.rights.license", "dcterms.rights.license")
    )


def _feeds(head: Head) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for link in head.links:
        kind = FEED_TYPES.get(link.type)
        if not kind and link.type in _XML_TYPES and _FEED_WORD.search(f"{link.url} {link.title}"):
            kind = "feed"
        if not kind and link.type == "application/json" and _JSON_FEED.search(f"{link.title} {link.url}"):
            kind = "jsonfeed"
        if "feed" in link.rel and link.type != "text/html":
            kind = kind or "feed"
        if kind and link.url and ({"alternate", "feed"} & link.rel):
            found.setdefault(link.url, FeedLink(url=link.url, kind=kind, title=link.title))
    return tuple(found.values())


# --- articles ----------------------------------------------------------------------------------------------


def complete(article: Article, page: PageMetadata) -> Article:
    """Return an article with what it lacks and its page has; nothing that its source says is changed."""
    image = article.image
    if image is None:
        image = page.image
    elif page.image and file_name(page.image.url) == file_name(image.url):
        image = completed(image, page.image)
    return replace(
        article, image=image, title=article.title or page.title, dek=article.dek or page.dek,
        byline=article.byline or page.byline, published=article.published or page.published,
        day_only=article.day_only if article.published else page.day_only,
        updated=article.updated or page.updated, section=article.section or page.section,
        tags=article.tags or page.tags, language=article.language or page.language,
        licence=article.licence or page.licence,
    )  # fmt: skip
