"""A Markdown file with front matter as an article."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from digest.errors import SourceError
from digest.model import Article, Image
from digest.sources._articles import bylines, summary_of
from digest.sources._dates import parse_date
from digest.sources._frontmatter import FrontMatterError, list_of, split, text_of
from digest.sources._images import credit_in
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
        """Return the article, None for a draft."""
        try:
            matter, markdown = split(body.decode("utf-8-sig", "replace"))
        except FrontMatterError as error:
            raise SourceError(f"{self._name}: {error}") from None
        if matter.get("draft") is True or matter.get("published") is False or matter.get("status") == "draft":
            return None
        address = self._address(matter)
        here = urljoin(self._base, quote(f"{self._name.parent}/")) if self._base else urljoin(address, ".")
        body_html = clean_html(self._html(markdown), here)
        heading, first = _outline(body_html)
        title = (
            text_of(matter, "title", "headline") or heading or clean_text(self._name.stem.replace("-", " "))
        )
        image = self._image(matter, here) or (Image(url=first.url, alt=first.alt) if first else None)
        published, updated = self._dates(matter)
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
            published=published,
            updated=updated,
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
            self.problems.append(f"its address {stated!r} leads out of base_url, or is none")
        if not self._base:
            return ""
        place = self._name.with_suffix("")
        place = place.parent if place.name in ("index", "_index", "README") else place
        place = place.with_name(slug) if (slug := text_of(matter, "slug")) and place.name else place
        return absolute_url(quote(f"{place}/") if place.name else "", self._base) or self._base

    def _within(self, url: str) -> bool:
        return not self._base or (url.startswith(urljoin(self._base, "/")) and ".." not in urlsplit(url).path)

    def _dates(self, matter: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
        published = self._date(matter, "date", "published_at", "pubdate", "published")
        if published is None and (named := _DATED_NAME.match(self._name.name)):
            published = parse_date(named[1])
        updated = self._date(matter, "updated", "lastmod", "modified", "last_modified_at")
        return published or self._changed, updated

    def _date(self, matter: dict[str, Any], *names: str) -> datetime | None:
        """Read a date; one without a zone is taken as UTC."""
        value = next((matter[name] for name in names if matter.get(name) not in (None, "", True)), None)
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        found = parse_date(str(value)) if value is not None else None
        if value is not None and found is None:
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


def _outline(html: str) -> tuple[str, Image | None]:
    """Return a body's first heading and first picture."""
    page = LexborHTMLParser(html)
    heading = next((clean_text(node.text()) for node in page.css("h3")[:1]), "")
    picture = next((node.attributes for node in page.css("img[src]")[:1]), None)
    image = Image(url=picture.get("src") or "", alt=clean_text(picture.get("alt") or "")) if picture else None
    return heading, image
