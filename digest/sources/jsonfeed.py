"""JSON Feed, versions 1.0 and 1.1 (jsonfeed.org)."""

from __future__ import annotations

import json
import re
from collections.abc import Container
from typing import Any

from pydantic import Field

from digest.errors import SourceError
from digest.model import Article, Fetched, Image, SourceInfo
from digest.sources import SourceOptions
from digest.sources.fetching.document import DocumentSource
from digest.sources.fetching.options import WebAddress
from digest.sources.formats.articles import (
    article_body,
    as_html,
    bylines,
    guid_of,
    in_brief,
    newest,
    with_own_guids,
)
from digest.sources.formats.dates import parse_date, read_date
from digest.sources.formats.html.shown_images import first_of, shown_images, usable
from digest.sources.formats.images import completed, file_name
from digest.sources.formats.json.values import node, nodes, words
from digest.sources.formats.markup import decode_xml
from digest.sources.formats.teasers import Told, summary_of
from digest.text import absolute_url

ACCEPT = "application/feed+json, application/json;q=0.9, */*;q=0.1"


class Options(SourceOptions):
    """A JSON Feed, where nothing else may stand in its place; `feed` reads one as well."""

    url: WebAddress = Field(description="Address of the feed itself.")

    @property
    def location(self) -> str:
        return self.url


class Source(DocumentSource):
    """A JSON Feed on the web."""

    def __init__(self, options: Options) -> None:
        super().__init__(options.url, accept=ACCEPT, parse=parse)


def parse(body: bytes, *, url: str = "", content_type: str = "") -> Fetched:
    """Read a JSON Feed's bytes; `url` is where they came from. Raises SourceError that says what they are instead."""
    text = decode_xml(body, content_type)
    if not text.strip():
        raise SourceError("the answer is empty")
    broken_off = False
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        feed, broken_off = _until_the_break(text), True
        if feed is None:
            raise SourceError(f"that is not JSON{_page(text)}: a JSON Feed was expected") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise SourceError("that is JSON, but not a JSON Feed: it has no list of items")
    site = absolute_url(_string(feed.get("home_page_url")), url)
    info = SourceInfo(title=words(feed.get("title")), url=site, language=words(feed.get("language"), 35))
    base = url or absolute_url(_string(feed.get("feed_url"))) or site
    authors = _authors(feed)
    dated = [(item, parse_date(_string(item.get("date_published")))) for item in nodes(feed["items"])]
    kept, problems = newest(dated, lambda pair: pair[1])
    own_addresses = {url, site, site.rstrip("/"), base}
    articles = with_own_guids(_article(item, base, info, authors, own_addresses) for item, _ in kept)
    losses: tuple[str, ...] = ()
    if broken_off:
        losses = (f"the feed breaks off after {len(articles)} whole items; the rest is missing",)
    return Fetched(info=info, articles=articles, problems=(*problems, *losses), losses=losses)


_BETWEEN = re.compile(r"[\s,]*")
_ITEMS = re.compile(r'"items"\s*:\s*\[')


def _until_the_break(text: str) -> dict[str, Any] | None:
    """Return what stands before the place where a feed breaks off, None if that is not even its list."""
    items = _ITEMS.search(text)
    if not items:
        return None
    decoder, whole, at = json.JSONDecoder(strict=False), [], items.end()
    try:
        feed = json.loads(f"{text[: items.end()]}]}}", strict=False)
        while True:
            item, at = decoder.raw_decode(text, _BETWEEN.match(text, at).end())  # type: ignore[union-attr]
            whole.append(item)
    except (ValueError, RecursionError):
        pass
    return {**feed, "items": whole} if whole else None


def _page(text: str) -> str:
    return " but a web page" if text[:200].lower().startswith(("<!doctype html", "<html")) else ""


def _article(
    item: dict[str, Any], base: str, info: SourceInfo, authors: list[str], own_addresses: Container[str]
) -> Article:
    url = absolute_url(_string(item.get("url")), base) or absolute_url(
        _string(item.get("external_url")), base
    )
    content = _string(item.get("content_html")) or as_html(_string(item.get("content_text")))
    body = article_body(content, url or base)
    title = words(item.get("title"))
    about = Told(title, url, info.title, info.url)
    given = item.get("summary")
    summary = summary_of(as_html(given) if isinstance(given, str) else "", about) or summary_of(
        content, about
    )
    title, dek = in_brief(title, summary, url)
    updated = read_date(_string(item.get("date_modified")), info.language)
    published = read_date(_string(item.get("date_published")), info.language)
    published = published if published.at else updated
    tags = _tags(item)
    return Article(
        guid=guid_of(_string(item.get("id")), url, title, content, own_addresses=own_addresses),
        url=url,
        title=title,
        dek=dek,
        byline=bylines(_authors(item) or authors),
        published=published.at,
        day_only=published.day_only,
        updated=updated.at,
        section=next(iter(tags), ""),
        tags=tags,
        image=_image(item, body, url or base),
        body=body,
        language=words(item.get("language"), 35) or info.language,
    )


def _string(value: Any) -> str:
    """Return a text as it is; numbers stand for texts in some feeds; any other value gives ""."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _authors(value: dict[str, Any]) -> list[str]:
    """Return the names in `authors` (1.1), else in `author` (1.0)."""
    people = nodes(value.get("authors")) or [node(value.get("author"))]
    return [name for person in people if (name := words(person.get("name"), 200))]


def _tags(item: dict[str, Any]) -> tuple[str, ...]:
    tags = item.get("tags")
    texts = [words(tag, 100) for tag in tags] if isinstance(tags, list) else []
    return tuple(dict.fromkeys(text for text in texts if text))[:50]


def _image(item: dict[str, Any], body: str, base: str) -> Image | None:
    shown = list(shown_images(body))
    named = [item.get("image"), item.get("banner_image")]
    named += [part.get("url") for part in nodes(item.get("attachments")) if _is_image(part)]
    for value in named:
        if usable(url := absolute_url(_string(value), base)):
            same = (image for image in shown if file_name(image.url) == file_name(url))
            return completed(Image(url=url), next(same, Image(url=url)))
    return first_of(shown)


def _is_image(attachment: dict[str, Any]) -> bool:
    return _string(attachment.get("mime_type")).startswith("image/")
