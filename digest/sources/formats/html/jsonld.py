"""What an article's page says of itself in JSON-LD (schema.org), in any of the shapes that publishers give it.

Nodes come alone, in lists, in `@graph`, nested, or as references to one another; values come as texts, numbers, nodes
or lists of them. Broken JSON is mended where that is safe, else ignored: a page must never fail on its metadata.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from digest.model import Image
from digest.sources.formats.images import pixels
from digest.text import absolute_url, clean_text, url_key

Node: TypeAlias = dict[str, Any]

MAX_SCRIPT_CHARACTERS = 500_000  # characters of one script
MAX_NODES = 2_000  # of one page
MAX_DEPTH = 8

#: schema.org's Article and its kinds, most telling first; what a page about something else may carry comes last.
ARTICLE_TYPES = (
    "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle", "OpinionNewsArticle",
    "ReviewNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "BlogPosting", "Article", "Report", "TechArticle",
    "ScholarlyArticle", "MedicalScholarlyArticle", "SatiricalArticle", "AdvertiserContentArticle",
    "SocialMediaPosting", "DiscussionForumPosting",
)  # fmt: skip
PAGE_TYPES = ("ItemPage", "AboutPage", "WebPage")

# Each alternative matches wherever it begins, so that no script makes these search twice.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
_STRING_OR_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?(?:\*/|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_STRING_OR_COMMA = re.compile(rf"{_STRING}|,(?=\s{{0,200}}[}}\]])", re.DOTALL)
_WRAPPING = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->")
_BETWEEN = re.compile(r"[\s,;]*")
_ADDRESS = re.compile(r"https?://|www\.|[\w.+-]+@[\w-]+\.\w", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Graph:
    """The nodes of a page in the order of the page, and by their `@id`."""

    nodes: tuple[Node, ...] = ()
    by_id: dict[str, Node] = field(default_factory=dict)

    def article(self, url: str = "") -> Node:
        """Return the node of the article that the page at `url` shows, {} if it tells of none or of several."""
        found = [node for node in self.nodes if types(node) & set(ARTICLE_TYPES)]
        if len(found) > 1:
            here = [node for node in found if url_key(url) in _addresses(node)]
            found = here or [node for node in found if "NewsArticle" in types(node)][:1] or found[:1]
        return found[0] if found else {}

    def page(self) -> Node:
        """Return the node of the page itself, else {}."""
        return next((node for node in self.nodes if types(node) & set(PAGE_TYPES)), {})

    def resolve(self, value: Any) -> Any:
        """Return the node that `{"@id": ...}` refers to; any other value as it is."""
        if isinstance(value, dict) and "@id" in value and len(value) <= 2:
            return {**self.by_id.get(str(value["@id"]), {}), **value}
        return value

    def each(self, value: Any, depth: int = 0) -> Iterator[Any]:
        """Yield the values of a property that may be one, a list, even of lists, or JSON-LD's own kinds of list."""
        if isinstance(value, dict) and ("@list" in value or "@set" in value):
            value = value.get("@list", value.get("@set"))
        if isinstance(value, list) and depth < MAX_DEPTH:
            for item in value:
                yield from self.each(item, depth + 1)
        elif value not in (None, "", {}, []):
            yield self.resolve(value)

    def texts(self, value: Any, *names: str) -> Iterator[str]:
        """Yield a property's values as plain texts; of a node, the first of `names` that it has."""
        for item in self.each(value):
            if isinstance(item, dict):
                inner = next((item[name] for name in (*names, "@value") if item.get(name)), None)
                yield from (clean_text(str(text)) for text in self.each(inner) if isinstance(text, str | int))
            elif isinstance(item, str | int | float) and not isinstance(item, bool):
                yield clean_text(str(item))

    def text(self, value: Any, *names: str) -> str:
        return next(filter(None, self.texts(value, *names)), "")

    def people(self, value: Any) -> list[str]:
        """Return names of persons and organisations; a bare address is not a name."""
        names = (name for name in self.texts(value, "name", "alternateName") if not _ADDRESS.match(name))
        return list(dict.fromkeys(filter(None, names)))

    def images(self, value: Any, base: str) -> list[Image]:
        """Return pictures, whether given as addresses or as ImageObject nodes."""
        found = (self._image(item, base) for item in self.each(value))
        return [image for image in found if image.url]

    def _image(self, item: Any, base: str) -> Image:
        if isinstance(item, str):
            return Image(url=absolute_url(item, base))
        if not isinstance(item, dict):
            return Image(url="")
        url = next(
            filter(None, (self.text(item.get(name), "@id", "url") for name in ("contentUrl", "url", "@id"))),
            "",
        )
        credit = self.text(item.get("creditText")) or ", ".join(
            self.people(item.get("creator") or item.get("author") or item.get("copyrightHolder"))
        )
        return Image(
            url=absolute_url(url, base),
            alt=self.text(item.get("alternateName")),
            credit=credit or self.text(item.get("copyrightNotice")),
            caption=self.text(item.get("caption") or item.get("description"), "name", "text"),
            width=pixels(item.get("width")),
            height=pixels(item.get("height")),
        )


def read_scripts(scripts: Iterable[str]) -> Graph:
    """Read the texts of a page's `application/ld+json` scripts."""
    nodes: list[Node] = []
    by_id: dict[str, Node] = {}
    for script in scripts:
        for node in _walk(loads(script)):
            if len(nodes) >= MAX_NODES:
                break
            nodes.append(node)
            if isinstance(name := node.get("@id"), str) and len(node) > len(by_id.get(name, {})):
                by_id[name] = node
    return Graph(tuple(nodes), by_id)


def loads(script: str) -> Any:
    """Return a script's value, comments, trailing commas and raw line breaks forgiven; None if it is hopeless."""
    text = script[:MAX_SCRIPT_CHARACTERS].strip("\ufeff; \t\r\n")
    for mend in (
        str,
        _without_comments,
        _unwrapped,
        html.unescape,
        lambda value: html.unescape(_unwrapped(value)),
    ):
        try:
            return json.loads(mend(text), strict=False)
        except (ValueError, RecursionError):
            continue
    return _values(_without_comments(text))


def _without_comments(text: str) -> str:
    text = _STRING_OR_COMMENT.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)
    return _STRING_OR_COMMA.sub(lambda match: match[0] if match[0].startswith('"') else "", text).strip(
        "; \t\r\n"
    )


def _unwrapped(text: str) -> str:
    """Return a script that stands in a comment or CDATA section as a whole, as was done for browsers long gone."""
    return _without_comments(_WRAPPING.sub("", text))


def _values(text: str) -> list[Any] | None:
    """Return the values that stand before the place where the text stops being JSON: some scripts hold several."""
    values: list[Any] = []
    at = 0
    decoder = json.JSONDecoder(strict=False)
    while len(values) < MAX_NODES:
        try:
            value, at = decoder.raw_decode(text, _BETWEEN.match(text, at).end())  # type: ignore[union-attr]
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values or None


def _walk(value: Any, depth: int = 0) -> Iterator[Node]:
    """Yield the nodes that speak of the page: top level, graphs, and the main entity; not what they merely mention."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "mainEntity", "mainEntityOfPage", "image", "author", "primaryImageOfPage"):
            yield from _walk(value.get(name), depth + 1)


def types(node: Node) -> set[str]:
    """Return a node's types without the vocabulary's address: "https://schema.org/NewsArticle" is NewsArticle."""
    given = node.get("@type", ())
    names = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return {re.split(r"[/#:]", name.strip())[-1] for name in names if isinstance(name, str)}


def _addresses(node: Node) -> set[str]:
    given = [node.get("url"), node.get("@id"), node.get("mainEntityOfPage")]
    given += [value.get("@id", value.get("url")) for value in given if isinstance(value, dict)]
    return {url_key(value.partition("#")[0]) for value in given if isinstance(value, str)}
