"""Read an RSS, RDF or Atom document: strictly where that is possible, else mended, else loosely.

feedparser knows every dialect and reads what is not well-formed. It is given UTF-8 and never a name that it could open.
"""

from __future__ import annotations

import io
import re
import xml.sax
from collections.abc import Mapping
from dataclasses import replace
from xml.sax.expatreader import ExpatParser

from digest.errors import SourceError
from digest.sources.formats.markup import decode_xml
from digest.sources.formats.xml.feed_parsers import Loose, Strict
from digest.sources.formats.xml.feed_values import FeedDocument
from digest.sources.formats.xml.feedparser_values import document_of
from digest.sources.formats.xml.prolog import without_doctype
from digest.sources.formats.xml.safe_xml import allowed, with_ampersands_mended

_DECLARATION = re.compile(r"^<\?xml[^>]*>")
_TAIL_CHARACTERS = 2_000  # characters in which a document's end is looked for; comments may follow it
_MAX_LOOSE_CHARACTERS = 4_000_000  # characters of a feed that is not well-formed: reading those is slow


def parse_xml(body: bytes, content_type: str = "") -> FeedDocument:
    """Read an RSS, RDF or Atom document; raises SourceError if it is broken or bloated beyond reading."""
    text = _DECLARATION.sub("", decode_xml(body, content_type), count=1)
    version, data, entities = without_doctype(allowed(text))
    loose_data = data
    for attempt in (data, _mended(data, entities)):
        strict = Strict("", None, "utf-8")
        try:
            _read_strictly(strict, attempt)
            return document_of(strict, version, well_formed=True)
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
        return _until_the_break(document_of(strict, version, well_formed=False), text)
    return _until_the_break(document_of(loose, version, well_formed=False), text)


def _mended(data: bytes, entities: Mapping[str, str]) -> bytes:
    """Return a document whose bare ampersands and HTML entities are written as XML has them."""
    return with_ampersands_mended(data.decode("utf-8", "replace"), entities).encode()


_FIRST_ELEMENT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_ITEM_BEGINS = re.compile(r"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ITEM_ENDS = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)


def _until_the_break(document: FeedDocument, text: str) -> FeedDocument:
    """Return a feed without the item in whose middle its document breaks off."""
    root = _FIRST_ELEMENT.search(text)
    if not root or re.search(rf"</{re.escape(root[1])}\s*>", text[-_TAIL_CHARACTERS:]):
        return document
    last = max((match.start() for match in _ITEM_BEGINS.finditer(text)), default=-1)
    unfinished = last >= 0 and not _ITEM_ENDS.search(text, last)
    whole = document.entries[:-1] if unfinished else document.entries
    return replace(document, entries=whole, broken_off=True)


class _WholeTexts(ExpatParser):
    """Python's own XML reader; tells of a text in one piece, where expat would tell of each line of it."""

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]


def _read_strictly(parser: Strict, data: bytes) -> None:
    reader = _WholeTexts()  # no entity of the document is ever loaded or expanded
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setFeature(xml.sax.handler.feature_external_ges, False)
    reader.setContentHandler(parser)
    reader.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(data))
    reader.parse(source)
