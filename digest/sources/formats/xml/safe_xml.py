"""Read XML of unknown origin: no document type, no entities, bounded depth; of a broken file, what comes before."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from html.entities import html5, name2codepoint  # XHTML's own entities, and those that HTML has added
from typing import TypeAlias
from xml.etree.ElementTree import ParseError, XMLParser

from digest.errors import SourceError

#: What is told of every element when it ends: the path of names down to it (lower-case, without prefix), and its text.
OnEnd: TypeAlias = Callable[[Sequence[str], str], None]
#: What is told when it begins: the same path, and its attributes.
OnStart: TypeAlias = Callable[[Sequence[str], Mapping[str, str]], None]

MAX_DEPTH = 200

#: Characters that no XML document may hold (XML 1.0, 2.2).
_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_NONCHARACTERS = ("\ufffe".encode(), "\uffff".encode())
_AMPERSAND = re.compile(
    r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][\da-fA-F]{1,6});)(?:([A-Za-z]\w{1,31});)?",
    re.DOTALL,
)


def allowed(text: str) -> bytes:
    """Return a document in UTF-8 without the characters that XML forbids."""
    data = text.encode("utf-8", "ignore").translate(None, _CONTROLS)  # surrogates are what UTF-8 cannot write
    for noncharacter in _NONCHARACTERS:
        data = data.replace(noncharacter, b"")
    return data


def read_xml(text: str, on_end: OnEnd | None = None, on_start: OnStart | None = None) -> str:
    """Tell of every element in the order of the document; returns what broke it off, "" if nothing did.

    Raises SourceError for a document that declares a type of its own (DTD) or is nested beyond reason.
    """
    # No entity is known without the DTD that _Target refuses.
    parser = XMLParser(target=_Target(on_end, on_start), encoding="utf-8")  # noqa: S314
    try:
        parser.feed(allowed(text))
        parser.close()
    except ParseError as error:
        line, _ = error.position
        return f"the XML is broken in line {line} ({error.msg.partition(':')[0]})"
    return ""


def with_ampersands_mended(text: str, declared: Container[str] = ()) -> str:
    """Return a document in which each `&` that begins nothing in XML is written as it should have been.

    HTML's entities become their characters; without the `;` none is one. `declared` are those of the document itself.
    """

    def mended(match: re.Match[str]) -> str:
        found, name = match[0], match[1]
        if not found.startswith("&") or (name and name in declared):
            return found
        if not name:
            return "&amp;"
        character = chr(code) if (code := name2codepoint.get(name)) else html5.get(f"{name};", "")
        return character if character and character not in "&<" else f"&amp;{name};"

    return _AMPERSAND.sub(mended, text)


class _Target:
    """Collects each element's own text; expat's callbacks, so that no depth of nesting is recursion."""

    def __init__(self, on_end: OnEnd | None, on_start: OnStart | None) -> None:
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._on_end, self._on_start = on_end, on_start

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise SourceError(f"the XML is nested more than {MAX_DEPTH} elements deep")
        self._path.append(tag.rpartition("}")[2].rpartition(":")[2].lower())
        self._texts.append([])
        if self._on_start:
            self._on_start(self._path, attributes)

    def data(self, data: str) -> None:
        if self._texts:
            self._texts[-1].append(data)

    def end(self, tag: str) -> None:
        text = "".join(self._texts.pop()).strip()
        if self._on_end:
            self._on_end(self._path, text)
        self._path.pop()

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise SourceError("the XML declares a document type of its own (DTD), which is not read")

    def close(self) -> None:
        """Say nothing more: ElementTree wants this method."""
