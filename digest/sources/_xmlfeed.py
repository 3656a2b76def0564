"""feedparser, driven by hand: our own decoding, raw values where it would guess, Media RSS kept in its nesting.

feedparser knows every dialect of RSS, RDF and Atom and reads what is not well-formed. It is given UTF-8 and never a
name that it could open; its sanitiser, its links and its dates stay unused, for all that is done elsewhere.
"""

from __future__ import annotations

import io
import re
import xml.sax
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from digest.errors import SourceError
from digest.sources._markup import decode_xml
from digest.sources._prolog import without_doctype
from digest.sources._xml import FORBIDDEN

Node: TypeAlias = dict[str, Any]  # a feed or an entry as feedparser gives it

_DECLARATION = re.compile(r"^<\?xml[^>]*>")
# Some of feedparser's steps take time that grows with the square of these.
_MOST_ELEMENTS, _MOST_ATTRIBUTES, _MOST_TAGS, _MOST_MEDIA = 300_000, 200, 100, 50
_LONGEST_NAME = 500  # characters
_MOST_LOOSELY = 4_000_000  # characters of a feed that is not well-formed: reading those is slow


@dataclass(slots=True)
class Medium:
    """A media:content or media:thumbnail, or the group or item whose texts are meant for all in it (Media RSS 1.5.1)."""

    element: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: Medium | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text of this medium, else that of the group or item it stands in."""
        place: Medium | None = self
        while place and name not in place.texts:
            place = place.parent
        return place.texts[name] if place else ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What feedparser made of a document; `version` is "" if it is no feed at all."""

    version: str
    feed: Node
    entries: list[Node]
    well_formed: bool


# feedparser's nodes, read by their own names without its aliases; an element in an unexpected shape is no value.


def value_of(node: Node, name: str) -> str:
    """Return a text, else ""."""
    value = dict.get(node, name)
    return value if isinstance(value, str) else ""


def child_of(node: Node, name: str) -> Node:
    """Return an element with values of its own, else {}."""
    value = dict.get(node, name)
    return value if isinstance(value, dict) else {}


def children_of(node: Node, name: str) -> list[Node]:
    """Return the elements of a list, else []."""
    value = dict.get(node, name)
    return [child for child in value if isinstance(child, dict)] if isinstance(value, list) else []


class _MediaKeeper:
    """Mixed into both of feedparser's parsers: what a medium says of itself stays with it."""

    # An identity stays as it is written, so that it is the same when the feed moves.
    can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}
    # Vocabularies are named by http; some feeds write https.
    namespaces: ClassVar[dict[str, str]] = {
        uri.replace("http:", scheme): prefix
        for uri, prefix in _FeedParserMixin.namespaces.items()
        for scheme in ("https:", "http:")
    }
    _matchnamespaces: ClassVar[dict[str, str]] = {}
    resolve_relative_uris = sanitize_html = False

    entries: list[Node]  # these are feedparser's own
    inentry: int
    push: Any
    pop: Any
    _get_context: Any

    _medium: Medium | None = None
    _elements = 0

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        self._elements += 1
        if self._elements > _MOST_ELEMENTS or len(attributes) > _MOST_ATTRIBUTES:
            raise SourceError("the feed is absurdly large or deep: it was not read")
        super().unknown_starttag(tag, attributes)  # type: ignore[misc]

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags", ())) < _MOST_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        if author := value_of(context, key):  # its search for an address takes for ever in a long text
            context[key] = author[:_LONGEST_NAME]
        super()._sync_author_detail(key)  # type: ignore[misc]

    # Dates stay as they are written: feedparser would guess, and warn of it.

    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated

    def _open(self, element: str, attributes: dict[str, str]) -> None:
        if not self.inentry:
            return
        entry = self.entries[-1]
        item = entry.setdefault("media_item", Medium("item"))
        self._medium = Medium(element, dict(attributes), self._medium or item)
        media: list[Medium] = entry.setdefault("media", [])
        if len(media) < _MOST_MEDIA:
            media.append(self._medium)

    def _close(self) -> None:
        parent = self._medium.parent if self._medium else None
        self._medium = parent if parent and parent.element != "item" else None

    def _keep(self, name: str) -> None:
        text = self.pop(f"media_{name}") or ""
        if self.inentry and text:
            item = self.entries[-1].setdefault("media_item", Medium("item"))
            (self._medium or item).texts.setdefault(name, text)

    def _start_media_group(self, attributes: dict[str, str]) -> None:
        self._open("group", attributes)

    def _start_media_content(self, attributes: dict[str, str]) -> None:
        self._open("content", attributes)

    def _start_media_thumbnail(self, attributes: dict[str, str]) -> None:
        self._open("thumbnail", attributes)
        self.push("media_url", 0)

    def _end_media_thumbnail(self) -> None:
        url = self.pop("media_url")
        if self._medium and url:
            self._medium.attributes.setdefault("url", url)
        self._close()

    _end_media_group = _end_media_content = _close

    def _start_media_title(self, attributes: dict[str, str]) -> None:
        self.push("media_title", 0)

    def _start_media_description(self, attributes: dict[str, str]) -> None:
        self.push("media_description", 0)

    def _start_media_text(self, attributes: dict[str, str]) -> None:
        self.push("media_text", 0)

    def _start_media_credit(self, attributes: dict[str, str]) -> None:
        self.push("media_credit", 0)

    def _start_media_copyright(self, attributes: dict[str, str]) -> None:
        self.push("media_copyright", 0)

    def _end_media_title(self) -> None:
        self._keep("title")

    def _end_media_description(self) -> None:
        self._keep("description")

    def _end_media_text(self) -> None:
        self._keep("text")

    def _end_media_credit(self) -> None:
        self._keep("credit")

    def _end_media_copyright(self) -> None:
        self._keep("copyright")


class _Strict(_MediaKeeper, StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:  # noqa: N802
        if len(attributes) > _MOST_ATTRIBUTES:
            raise SourceError("the feed is absurdly large or deep: it was not read")
        super().startElementNS(name, qname, attributes)


class _Loose(_MediaKeeper, LooseFeedParser):  # type: ignore[misc]
    pass


def parse_xml(body: bytes, content_type: str = "") -> ParsedFeed:
    """Read an RSS, RDF or Atom document; raises SourceError if it is broken or bloated beyond reading."""
    text = _DECLARATION.sub("", decode_xml(body, content_type), count=1)
    version, data, entities = without_doctype(FORBIDDEN.sub("", text).encode())
    strict = _Strict("", None, "utf-8")
    try:
        _read_strictly(strict, data)
        return _parsed(strict, version, well_formed=True)
    except xml.sax.SAXException:
        pass
    loose = _Loose("", None, "utf-8", entities)
    try:
        loose.feed(data.decode("utf-8", "replace")[:_MOST_LOOSELY])
    except SourceError:
        raise
    except Exception as error:  # it was written for documents that nothing else reads, and fails in many ways
        if not strict.entries:
            raise SourceError(f"the feed is broken beyond reading ({type(error).__name__})") from error
        return _parsed(strict, version, well_formed=False)
    return _parsed(loose, version, well_formed=False)


def _read_strictly(parser: _Strict, data: bytes) -> None:
    reader = xml.sax.make_parser()  # noqa: S317  # no entity of the document is ever loaded or expanded
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(data))
    reader.parse(source)


def _parsed(parser: Any, version: str | None, *, well_formed: bool) -> ParsedFeed:
    return ParsedFeed(version or parser.version, parser.feeddata, parser.entries, well_formed)
