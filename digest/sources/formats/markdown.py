"""A Markdown file with front matter as an article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from digest.errors import SourceError
from digest.model import Article, Image
from digest.sources.formats.articles import bylines
from digest.sources.formats.dates import Dated, read_date
from digest.sources.formats.frontmatter import FrontMatterError, list_of, split, text_of
from digest.sources.formats.images import credit_in
from digest.sources.formats.publishing import EMBARGOES, EXPIRIES, ORDERS, is_unpublished, plain
from digest.sources.formats.teasers import summary_of
from digest.text import absolute_url, clean_html, clean_text

_HEADING = re.compile(r"<h([34])>.*?</h\1>", re.DOTALL)
_DATED_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_ ]")
_DEKS = ("dek", "description", "summary", "excerpt", "subtitle")
_PICTURES = ("image", "cover", "thumbnail", "feature_image", "featured_image", "hero")
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


class MarkdownFile:
    """One file on its way to be an article."""

    def __init__(self, name: PurePosixPath, base: str, changed: datetime | None, language: str) -> None:
        self._name, self._changed, self._language = name, changed, language
        self._base = f"{base.rstrip('/')}/" if base else ""
        self.problems: list[str] = []

    def read(self, body: bytes) -> Article | None:
        """Return the article, None for what is not published."""
        try:
            matter, markdown = split(body.decode("utf-8-sig", "replace"))
        except FrontMatterError as error:
            raise SourceError(f"{self._name}: {error}") from None
        signs = plain(matter)
        if is_unpublished(self._name, signs):
            return None
        published, updated, scheduled = self._dates(matter, signs)
        expires = self._first(signs, EXPIRIES)
        address = self._address(matter)
        here = urljoin(self._base, quote(f"{self._name.parent}/")) if self._base else urljoin(address, ".")
        body_html = clean_html(self._html(markdown), here)
        heading, first = _outline(body_html)
        title = (
            text_of(matter, "title", "headline") or heading or clean_text(self._name.stem.replace("-", " "))
        )
        image = self._image(matter, here) or (Image(url=first.url, alt=first.alt) if first else None)
        tags = tuple(
            dict.fromkeys([*list_of(matter, "categories", "category"), *list_of(matter, "tags", "keywords")])
        )
        if not address:
            self.problems.append("it has no address on the web: set base_url, or `url` in the file")
        return Article(
            guid=text_of(matter, "guid", "id") or str(self._name),
            url=address,
            title=title,
            dek=text_of(matter, *_DEKS) or summary_of(_HEADING.sub("", body_html)),
            byline=bylines(list_of(matter, "byline", "authors", "author")),
            published=published.at,
            day_only=published.day_only,
            scheduled=scheduled,
            expires=expires.at,
            updated=updated.at,
            section=text_of(matter, "section") or next(iter(list_of(matter, "categories", "category")), ""),
            tags=tags,
            image=image,
            body=body_html,
            language=text_of(matter, "language", "lang") or self._language,
            licence=text_of(matter, "licence", "license"),
        )

    def _html(self, markdown: str) -> str:
        tokens = _MARKDOWN.parse(markdown)
        for image in (child for token in tokens for child in token.children or () if child.type == "image"):
            source = str(image.attrs.get("src", ""))
            if not urlsplit(source).netloc and not self._inside(unquote(source)):
                self.problems.append(f"its picture {source!r} leads out of the folder")
                image.attrs["src"] = ""
        return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))

    def _address(self, matter: dict[str, Any]) -> str:
        """Return where the article is on the web: what the file says, else its own place below the base address."""
        stated = text_of(matter, "url", "permalink", "canonical_url", "link")
        if stated:
            found = absolute_url(stated, self._base)
            if found and (urlsplit(stated).scheme or self._within(found)):
                return found
            self.problems.append(f"its address {stated!r} leads out of base_url, or is not a web address")
        if not self._base:
            return ""
        place = self._name.with_suffix("")
        place = place.parent if place.name in ("index", "_index", "README") else place
        place = place.with_name(slug) if (slug := text_of(matter, "slug")) and place.name else place
        return absolute_url(quote(f"{place}/") if place.name else "", self._base) or self._base

    def _within(self, url: str) -> bool:
        return not self._base or (url.startswith(urljoin(self._base, "/")) and ".." not in urlsplit(url).path)

    def _dates(self, matter: dict[str, Any], signs: dict[str, Any]) -> tuple[Dated, Dated, bool]:
        """Return when the article is or will be published, when it was changed, and whether the former is an order.

        A date of our own that lies ahead is no broken clock; the time of the file's last change is no order.
        """
        stated = self._date(matter, "date", "published_at", "published", "publish")
        order, embargo = self._first(signs, ORDERS), self._first(signs, EMBARGOES)
        published = order if order.at else stated
        if published.at is None and (named := _DATED_NAME.match(self._name.name)):
            published = read_date(named[1])
        if embargo.at and (published.at is None or embargo.at > published.at):
            published = embargo
        updated = self._date(matter, "updated", "lastmod", "modified", "last_modified_at")
        if published.at is None:
            return Dated(self._changed), updated, False
        return published, updated, True

    def _first(self, signs: dict[str, Any], names: Sequence[str]) -> Dated:
        """Read a date that is an order; raises SourceError if it cannot be read: then the file must wait."""
        before = len(self.problems)
        found = self._date(signs, *names)
        if len(self.problems) > before:
            raise SourceError(f"{self._name}: {self.problems.pop()}, and is left out until that is mended")
        return found

    def _date(self, matter: dict[str, Any], *names: str) -> Dated:
        """Read a date; one without a zone is taken as UTC."""
        value = next((matter[name] for name in names if _may_be_a_date(matter.get(name))), None)
        if isinstance(value, datetime):
            return Dated((value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC))
        if isinstance(value, date):
            return Dated(datetime(value.year, value.month, value.day, tzinfo=UTC), day_only=True)
        found = read_date(str(value), self._language) if value is not None else Dated()
        if value is not None and found.at is None:
            self.problems.append(f"{str(value)[:60]!r} is not a date")
        return found

    def _image(self, matter: dict[str, Any], here: str) -> Image | None:
        value = next((matter[name] for name in _PICTURES if matter.get(name)), None)
        value = value[0] if isinstance(value, list) else value
        given = value if isinstance(value, dict) else {"url": value}
        stated = text_of(given, "url", "src", "image", "path")
        if not stated:
            return None
        url = absolute_url(stated, here)
        if not url or not (urlsplit(stated).netloc or self._inside(unquote(stated))):
            self.problems.append(f"its image {stated!r} leads out of the folder, or base_url is not set")
            return None
        caption = text_of(given, "caption") or text_of(matter, "image_caption", "caption")
        credit = text_of(given, "credit") or text_of(matter, "image_credit", "credit") or credit_in(caption)
        alt = text_of(given, "alt") or text_of(matter, "image_alt", "alt")
        return Image(url=url, alt=alt, credit=credit, caption=caption)

    def _inside(self, path: str) -> bool:
        """Say whether a relative path stays within the folder."""
        depth = 0 if path.startswith("/") else len(self._name.parent.parts)
        for part in path.split("/"):
            depth += -1 if part == ".." else part not in ("", ".")
            if depth < 0:
                return False
        return True


def _may_be_a_date(value: Any) -> bool:
    """Say whether a value is meant as one: `published: true` is not."""
    return value not in (None, "", True, False) and str(value).lower() not in (
        "true",
        "false",
        "yes",
        "no",
        "never",
    )


def _outline(html: str) -> tuple[str, Image | None]:
    """Return a body's first heading and first picture."""
    page = LexborHTMLParser(html)
    heading = next((clean_text(node.text()) for node in page.css("h3")[:1]), "")
    picture = next((node.attributes for node in page.css("img[src]")[:1]), None)
    image = Image(url=picture.get("src") or "", alt=clean_text(picture.get("alt") or "")) if picture else None
    return heading, image
