"""Write a feed as Atom (RFC 4287); text that XML cannot hold is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

MEDIA_TYPE = "application/atom+xml"

_NAMESPACE = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry; its content is HTML, "" where the feed has summaries only."""

    id: str
    title: str
    url: str
    published: datetime
    summary: str
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed with its entries, newest first."""

    id: str
    title: str
    subtitle: str
    url: str  # its own
    page: str  # what it is the feed of
    author: str
    rights: str
    logo: str
    language: str
    updated: datetime
    entries: Sequence[FeedEntry]


def write(feed: Feed) -> bytes:
    """Return the document as UTF-8."""
    root = ET.Element("feed", {"xmlns": _NAMESPACE, _LANGUAGE: feed.language})
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated.isoformat())
    ET.SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": feed.url})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for name, value in (("subtitle", feed.subtitle), ("rights", feed.rights), ("logo", feed.logo)):
        if value:
            _text(root, name, value)
    _text(ET.SubElement(root, "author"), "name", feed.author)
    for entry in feed.entries:
        _entry(ET.SubElement(root, "entry"), entry)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entry(node: ET.Element, entry: FeedEntry) -> None:
    _text(node, "id", entry.id)
    _text(node, "title", entry.title)
    _text(node, "published", entry.published.isoformat())
    _text(node, "updated", entry.published.isoformat())
    ET.SubElement(node, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
    if entry.summary or not entry.content:
        _text(node, "summary", entry.summary or entry.title)
    if entry.content:
        _text(node, "content", entry.content).set("type", "html")


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    node = ET.SubElement(parent, name)
    node.text = _NOT_XML.sub("", text)
    return node
