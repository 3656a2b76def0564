"""What a page says of itself, as it stands there: its meta and link elements, JSON-LD, microdata and a few others.

Reading is in the order of the page and judges nothing; `metadata` decides what to believe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.model import Image
from digest.sources.formats.html.jsonld import Graph, read_scripts
from digest.sources.formats.images import pixels
from digest.text import absolute_url, clean_text

MAX_ELEMENTS = 3_000  # of one kind that are read

_FEED_SCHEME = re.compile(r"^feed:(?=//|https?://)", re.IGNORECASE)  # was meant to open a feed reader


@dataclass(frozen=True, slots=True)
class Link:
    """A link element: its relations lower-case, its address absolute."""

    rel: frozenset[str]
    url: str
    type: str = ""
    title: str = ""


@dataclass(slots=True)
class Head:
    """The statements of one page; names lower-case, values plain texts in the order of the page."""

    url: str
    metas: dict[str, list[str]] = field(default_factory=dict)
    items: dict[str, list[str]] = field(default_factory=dict)  # microdata: itemprop -> values
    links: list[Link] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)  # Open Graph's
    graph: Graph = field(default_factory=Graph)
    title: str = ""  # the title element
    headings: list[str] = field(default_factory=list)  # h1
    language: str = ""  # of the html element

    def meta(self, *names: str) -> str:
        """Return the first value that is not empty of the first of `names` that has one."""
        return next(self.all(*names), "")

    def all(self, *names: str) -> Iterator[str]:
        """Yield every value of `names`, in the order of the names."""
        for name in names:
            yield from filter(None, self.metas.get(name, ()))

    def item(self, *names: str) -> str:
        """Return the first microdata value of the first of `names` that has one."""
        return next((value for name in names for value in self.items.get(name, ()) if value), "")

    def linked(self, *relations: str) -> str:
        """Return the address that the first link with one of these relations leads to."""
        return next(
            (link.url for rel in relations for link in self.links if rel in link.rel and link.url), ""
        )


def read_head(page: LexborHTMLParser, url: str = "") -> Head:
    """Read the statements of a page at `url`."""
    head = Head(url=_base(page, url))
    _read_metas(head, page)
    head.links = [
        link for node in page.css("link[rel], a[rel]")[:MAX_ELEMENTS] for link in [_link(node, head.url)]
    ]
    for node in page.css("[itemprop]")[:MAX_ELEMENTS]:
        for name in _attribute(node, "itemprop").split():
            head.items.setdefault(name.lower(), []).append(_item(node))
    scripts = page.css('script[type*="ld+json" i]')[:50]
    head.graph = read_scripts(node.text() for node in scripts)
    head.title = next((clean_text(node.text()) for node in page.css("head title, title")[:1]), "")
    head.headings = [text for node in page.css("h1")[:20] if (text := clean_text(node.text(separator=" ")))]
    head.language = next(
        (_attribute(node, "lang") or _attribute(node, "xml:lang") for node in page.css("html")), ""
    )
    return head


def _base(page: LexborHTMLParser, url: str) -> str:
    base = page.css_first("base[href]")
    return (absolute_url(_attribute(base, "href"), url) if base else "") or url


def _read_metas(head: Head, page: LexborHTMLParser) -> None:
    for node in page.css("meta[content]")[:MAX_ELEMENTS]:
        raw = _attribute(node, "content")
        content = clean_text(raw, 2000)
        names = (
            " ".join(_attribute(node, name) for name in ("property", "name", "http-equiv")).lower().split()
        )
        for name in dict.fromkeys(names):
            head.metas.setdefault(name, []).append(content)
            if name.startswith("og:image"):
                _read_image(head, name.removeprefix("og:image").lstrip(":"), raw)


def _read_image(head: Head, part: str, content: str) -> None:
    """Take one of Open Graph's statements on pictures; each belongs to the picture named last (ogp.me, arrays)."""
    url = absolute_url(content, head.url) if part in ("", "url", "secure_url") else ""
    last = head.images[-1] if head.images else None
    if part in ("", "url") or (part == "secure_url" and last is None):
        if url and (last is None or last.url != url):
            head.images.append(Image(url=url))
    elif last is not None and part in ("width", "height", "alt"):
        width = pixels(content) if part == "width" else last.width
        height = pixels(content) if part == "height" else last.height
        alt = clean_text(content) if part == "alt" else last.alt
        head.images[-1] = Image(url=last.url, alt=alt, width=width, height=height)


def _link(node: LexborNode, base: str) -> Link:
    return Link(
        rel=frozenset(_attribute(node, "rel").lower().split()),
        url=absolute_url(_FEED_SCHEME.sub("", _attribute(node, "href").strip()), base),
        type=_attribute(node, "type").partition(";")[0].strip().lower(),
        title=clean_text(_attribute(node, "title") or node.text()),
    )


def _item(node: LexborNode) -> str:
    """Return a microdata property's value (HTML, 5.2.4), as a plain text."""
    for name in ("content", "datetime", "src", "href"):
        if value := _attribute(node, name):
            return clean_text(value)
    if "itemscope" in node.attributes:
        inner = next(iter(node.css('[itemprop="name"], [itemprop="url"]')), None)
        return _item(inner) if inner is not None and "itemscope" not in inner.attributes else ""
    return clean_text(node.text(separator=" "))


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
