"""An RSS, RDF or Atom document as feedparser's values: strictly where that is possible, else mended, else loosely.

feedparser knows every dialect and reads what is not well-formed. It is given UTF-8 and never a name that it could open.
"""

from __future__ import annotations

import io
import re
import xml.sax
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from digest.errors import SourceError
from digest.sources.formats.markup import decode_xml
from digest.sources.formats.xml.feed_parsers import Loose, Node, Strict
from digest.sources.formats.xml.prolog import without_doctype
from digest.sources.formats.xml.safe_xml import FORBIDDEN, with_ampersands_mended

_DECLARATION = re.compile(r"^<\?xml[^>]*>")
_TAIL_CHARACTERS = 2_000  # characters in which a document's end is looked for; comments may follow it
_MAX_LOOSE_CHARACTERS = 4_000_000  # characters of a feed that is not well-formed: reading those is slow


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What feedparser made of a document; `version` is "" if it is no feed at all."""

    version: str
    feed: Node
    entries: list[Node]
    well_formed: bool
    broken_off: bool = False  # its end is missing; `entries` are those before the break


def parse_xml(body: bytes, content_type: str = "") -> ParsedFeed:
    """Read an RSS, RDF or Atom document; raises SourceError if it is broken or bloated beyond reading."""
    text = _DECLARATION.sub("", decode_xml(body, content_type), count=1)
    version, data, entities = without_doctype(FORBIDDEN.sub("", text).encode())
    loose_data = data
    for attempt in (data, _mended(data, entities)):
        strict = Strict("", None, "utf-8")
        try:
            _read_strictly(strict, attempt)
            return _parsed(strict, version, well_formed=True)
        except xml.sax.SAXException:
            loose_data = attempt
    text = loose_data.decode("utf-8", "replace")
    loose = Loose("", None, "utf-8", entities)
    try:
        loose.feed(text[:_MAX_LOOSE_CHARACTERS])
    except SourceError:
        raise
    except Exception as error:  # it was written for documents that nothing else reads, and fails in many ways
        if not strict.entries:
            raise SourceError(f"the feed is broken beyond reading ({type(error).__name__})") from error
        return _until_the_break(_parsed(strict, version, well_formed=False), text)
    return _until_the_break(_parsed(loose, version, well_formed=False), text)


def _mended(data: bytes, entities: Mapping[str, str]) -> bytes:
    """Return a document whose bare ampersands and HTML entities are written as XML has them."""
    return with_ampersands_mended(data.decode("utf-8", "replace"), entities).encode()


_FIRST_ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_ITEM_BEGINS = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ITEM_ENDS = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)


def _until_the_break(parsed: ParsedFeed, text: str) -> ParsedFeed:
    """Return a feed without the item in whose middle its document breaks off."""
    root = _FIRST_ELEMENT.search(text)
    if not root or re.search(rf"</{re.escape(root[1])}\s*>", text[-_TAIL_CHARACTERS:]):
        return parsed
    last = max((match.start() for match in _ITEM_BEGINS.finditer(text)), default=-1)
    unfinished = last >= 0 and not _ITEM_ENDS.search(text, last)
    whole = parsed.entries[:-1] if unfinished else parsed.entries
    return replace(parsed, entries=whole, broken_off=True)


def _read_strictly(parser: Strict, data: bytes) -> None:
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
