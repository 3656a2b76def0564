"""feedparser's own two parsers, strict and loose, bounded, and with what a medium says kept with that medium.

Its sanitiser, its links and its dates stay unused, for all that is done elsewhere; where it would guess, values stay raw.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from digest.errors import SourceError

# Some of feedparser's steps take time that grows with the square of these.
_MAX_ELEMENTS, _MAX_ATTRIBUTES, _MAX_TAGS, _MAX_MEDIA = 300_000, 200, 100, 50
_MAX_NAME_CHARACTERS = 500  # characters
# What feedparser fails with where an element stands in an unexpected place, or bears the name of a value of its own: such
# an element is passed over.
_MISREAD = (AttributeError, IndexError, KeyError, TypeError, ValueError)


@dataclass(slots=True)
class OpenMedium:
    """A media:content or media:thumbnail, or the group or item whose texts are meant for all in it (Media RSS 1.5.1)."""

    element: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: OpenMedium | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a text of this medium, else that of the group or item it stands in."""
        place: OpenMedium | None = self
        while place and name not in place.texts:
            place = place.parent
        return place.texts[name] if place else ""


@dataclass(slots=True)
class EntryMedia:
    """The media of one entry, and the entry as what stands around them all."""

    item: OpenMedium = field(default_factory=lambda: OpenMedium("item"))
    found: list[OpenMedium] = field(default_factory=list)


class _Parameters(dict[str, Any]):
    """What an open text says of itself; feedparser asks it at every piece of text, and its own dictionary is slow."""

    def __deepcopy__(self, memo: object) -> _Parameters:
        return _Parameters(self)  # it holds texts


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

    entries: list[dict[str, Any]]  # these are feedparser's own
    inentry: int
    depth: int
    basestack: list[Any]
    langstack: list[Any]
    push: Any
    pop: Any
    _get_context: Any

    _medium: OpenMedium | None = None
    _elements = 0

    def __init__(self, *args: Any) -> None:
        #: By the number of the entry; beside feedparser's own values, where an element could bear any name of ours.
        self.media: defaultdict[int, EntryMedia] = defaultdict(EntryMedia)
        super().__init__(*args)
        self.contentparams = _Parameters()

    def unknown_starttag(self, tag: str, attributes: list[tuple[str, str]]) -> None:
        self._elements += 1
        if self._elements > _MAX_ELEMENTS or len(attributes) > _MAX_ATTRIBUTES:
            raise SourceError("the feed is absurdly large or deep: it was not read")
        with suppress(*_MISREAD):
            super().unknown_starttag(tag, attributes)  # type: ignore[misc]

    def unknown_endtag(self, tag: str) -> None:
        try:
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _MISREAD:
            self.depth -= 1
            self.basestack.pop()
            self.langstack.pop()

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags", ())) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        if isinstance(
            author := dict.get(context, key), str
        ):  # its search for an address takes for ever in a long text
            context[key] = author[:_MAX_NAME_CHARACTERS]
        super()._sync_author_detail(key)  # type: ignore[misc]

    def push_content(self, *args: Any) -> None:
        super().push_content(*args)  # type: ignore[misc]
        self.contentparams = _Parameters(self.contentparams)

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
        media = self.media[len(self.entries) - 1]
        self._medium = OpenMedium(element, dict(attributes), self._medium or media.item)
        if len(media.found) < _MAX_MEDIA:
            media.found.append(self._medium)

    def _close(self) -> None:
        parent = self._medium.parent if self._medium else None
        self._medium = parent if parent and parent.element != "item" else None

    def _keep(self, name: str) -> None:
        text = self.pop(f"media_{name}") or ""
        if self.inentry and text:
            (self._medium or self.media[len(self.entries) - 1].item).texts.setdefault(name, text)

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


class Strict(_MediaKeeper, StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    """The one for well-formed documents."""

    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:  # noqa: N802
        if len(attributes) > _MAX_ATTRIBUTES:
            raise SourceError("the feed is absurdly large or deep: it was not read")
        super().startElementNS(name, qname, attributes)


class Loose(_MediaKeeper, LooseFeedParser):  # type: ignore[misc]
    """The one for all others."""


Parser: TypeAlias = Strict | Loose
