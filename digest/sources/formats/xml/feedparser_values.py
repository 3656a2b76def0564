"""From what feedparser collects to values of ours; nothing else knows its names for the elements of feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from digest.sources.formats.xml.feed_parsers import EntryMedia, OpenMedium, Parser
from digest.sources.formats.xml.feed_values import (
    Category,
    Channel,
    Entry,
    FeedDocument,
    Link,
    Medium,
    Text,
)

_NO_TEXT = Text()
_NO_MEDIA = EntryMedia()


def document_of(parser: Parser, version: str | None, *, well_formed: bool) -> FeedDocument:
    """Return what a parser has collected; `version` is what the document type betrays."""
    entries = tuple(
        _entry(entry, parser.media.get(number, _NO_MEDIA)) for number, entry in enumerate(parser.entries)
    )
    return FeedDocument(version or parser.version, _channel(parser.feeddata), entries, well_formed)


def _channel(node: dict[str, Any]) -> Channel:
    text = _reader(node)
    return Channel(
        **_described(node),
        ttl=text("ttl"),
        update_period=text("sy_updateperiod"),
        update_frequency=text("sy_updatefrequency"),
    )


def _entry(node: dict[str, Any], media: EntryMedia) -> Entry:
    text = _reader(node)
    return Entry(
        **_described(node),
        published=text("published"),
        created=text("created"),
        updated=text("updated"),
        section=text("prism_section") or text("slash_section"),
        categories=tuple(map(_category, _children(node, "tags"))),
        image_url=_text(_child(node, "image"), "href"),
        media=tuple(map(_medium, media.found)),
        media_title=_first_text(media, "title"),
        media_description=_first_text(media, "description"),
    )


def _described(node: dict[str, Any]) -> dict[str, Any]:
    """Return what `Described` holds."""
    text = _reader(node)
    return {
        "id": text("id"),
        "title": _titled(node, "title"),
        "summary": _construct(summary) if (summary := _child(node, "summary_detail")) else _NO_TEXT,
        "contents": tuple(map(_construct, _children(node, "content"))),
        "link": text("link"),
        "original_link": text("feedburner_origlink"),
        "links": tuple(map(_link, _children(node, "links"))),
        "authors": tuple(name for author in _children(node, "authors") if (name := _text(author, "name"))),
        "language": text("language"),
        "rights": _titled(node, "rights"),
        "licence_url": _text(_child(node, "media_license"), "href"),
    }


def _titled(node: dict[str, Any], name: str) -> Text:
    """Return a text whose type and language stand beside it."""
    value, detail = _text(node, name), _child(node, f"{name}_detail")
    if not value and not detail:
        return _NO_TEXT
    return Text(value, _text(detail, "type"), _text(detail, "language"))


def _construct(detail: dict[str, Any]) -> Text:
    return Text(*(_text(detail, name) for name in ("value", "type", "language", "base")))


def _link(node: dict[str, Any]) -> Link:
    return Link(*(_text(node, name) for name in ("href", "rel", "type")))


def _category(node: dict[str, Any]) -> Category:
    return Category(*(_text(node, name) for name in ("term", "label", "scheme")))


def _medium(medium: OpenMedium) -> Medium:
    attributes = (medium.attributes.get(name, "") for name in ("url", "medium", "type", "width", "height"))
    texts = (medium.text(name) for name in ("title", "description", "text", "credit", "copyright"))
    return Medium(medium.element, *attributes, *texts)


def _first_text(media: EntryMedia, name: str) -> str:
    return next(filter(None, (medium.text(name) for medium in (media.item, *media.found))), "")


# feedparser's nodes, read by their own names without its aliases; an element in an unexpected shape is no value.


def _text(node: dict[str, Any], name: str) -> str:
    value = dict.get(node, name)
    return value if isinstance(value, str) else ""


def _reader(node: dict[str, Any]) -> Callable[[str], str]:
    return lambda name: _text(node, name)


def _child(node: dict[str, Any], name: str) -> dict[str, Any]:
    value = dict.get(node, name)
    return value if isinstance(value, dict) else {}


def _children(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = dict.get(node, name)
    return [child for child in value if isinstance(child, dict)] if isinstance(value, list) else []
