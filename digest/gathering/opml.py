"""Subscription lists: OPML 1.0 to 2.0 in, however broken, and OPML 2.0 out (opml.org/spec2.opml). Pure.

A well-formed document is read as XML; any other one tag by tag, as a browser would: unescaped ampersands, quotes and
angle brackets in attributes, wrong encodings, several documents in one file and cut-off ends lose at most one entry.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from xml.sax.saxutils import escape, quoteattr

from digest.errors import SourceError
from digest.sources.formats.markup import decode_xml
from digest.sources.formats.xml.safe_xml import read_xml
from digest.text import absolute_url, clean_text, url_key

MAX_BYTES = 5_000_000
MAX_FEEDS = 20_000
MAX_FOLDERS = 20  # one inside the other

# Where an attribute's value begins, and where one ends that may hold quotes and tags itself: before another attribute
# or the end of its tag.
_OPENING = re.compile(r"""[\s"'][\w:.-]{1,50}\s{0,9}=\s{0,9}\"""")
_CLOSING = re.compile(
    r"""(?<!=)"(?=\s{0,200}[\w:.-]{1,50}\s{0,9}=\s{0,9}["']|\s{0,200}[/?]?>\s{0,200}(?:<|\Z))"""
)
_MAX_VALUE_CHARACTERS = 5_000  # characters of a value

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"<(?P<closing>/?)(?P<name>[a-zA-Z][\w:.-]*)(?P<values>[^<>]*?)(?P<empty>/?)>")
_VALUE = re.compile(r"""([\w:.-]+)\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A feed in a list: its address, title, the site it belongs to, and the folders above it, outermost first."""

    url: str
    title: str = ""
    site: str = ""
    folders: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A subscription list: its feeds in their order, as often as it names them, and what was odd about it."""

    title: str = ""
    feeds: tuple[Subscription, ...] = ()
    problems: tuple[str, ...] = ()

    def distinct(self) -> tuple[Subscription, ...]:
        """Return each feed once, where it stands first."""
        found: dict[str, Subscription] = {}
        for feed in self.feeds:
            found.setdefault(url_key(feed.url), feed)
        return tuple(found.values())


def read(body: bytes, content_type: str = "") -> Outline:
    """Read a subscription list; raises SourceError that says what a file without any outline is instead."""
    if len(body) > MAX_BYTES:
        raise SourceError(f"the file is larger than {MAX_BYTES:,} bytes: that is not a subscription list")
    text = decode_xml(body, content_type)
    strict = _Collector()
    try:
        broken = read_xml(text, strict.end, strict.start)
    except SourceError as error:
        broken = str(error)
    collector, problems = strict, []
    if broken:
        collector = _read_tags(text)
        problems.append(f"{broken}; it was read as far as it makes sense")
    if not collector.outlines and not collector.is_opml:
        raise SourceError("this is no OPML file: it has no outline" if text else "the file is empty")
    return collector.outline(problems)


def write(feeds: Iterable[Subscription], *, title: str = "") -> str:
    """Return an OPML 2.0 document with the feeds in their folders."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines += [f"    <title>{escape(title)}</title>", "  </head>", "  <body>"]
    by_folders: dict[tuple[str, ...], list[Subscription]] = {}
    for feed in feeds:
        by_folders.setdefault(feed.folders, []).append(feed)
    for folders, inside in by_folders.items():
        for depth, folder in enumerate(folders):
            lines.append(f"{_indent(depth)}<outline text={quoteattr(folder)}>")
        lines += [_indent(len(folders)) + _element(feed) for feed in inside]
        lines += [f"{_indent(depth)}</outline>" for depth in reversed(range(len(folders)))]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _indent(depth: int) -> str:
    return "  " * (depth + 2)


def _element(feed: Subscription) -> str:
    title = feed.title or feed.url
    values = {"type": "rss", "text": title, "title": title, "xmlUrl": feed.url, "htmlUrl": feed.site,
              "category": ",".join(feed.categories)}  # fmt: skip
    return f"<outline {' '.join(f'{name}={quoteattr(value)}' for name, value in values.items() if value)}/>"


@dataclass(slots=True)
class _Collector:
    """Collects outlines on the way through a document, with either parser."""

    outlines: list[tuple[Mapping[str, str], tuple[str, ...]]] = field(default_factory=list)
    title: str = ""
    is_opml: bool = False
    _open: list[str] = field(default_factory=list)

    def start(self, path: Iterable[str], attributes: Mapping[str, str]) -> None:
        name = list(path)[-1]
        self.is_opml = self.is_opml or name == "opml"
        if name == "outline":
            if len(self.outlines) < MAX_FEEDS:
                self.outlines.append((attributes, tuple(filter(None, self._open[:MAX_FOLDERS]))))
            self._open.append("" if _attribute(attributes, "xmlurl") else _title(attributes))

    def end(self, path: Iterable[str], text: str) -> None:
        name = list(path)[-1]
        if name == "outline" and self._open:
            self._open.pop()
        elif name == "title":
            self.title = self.title or clean_text(text)

    def outline(self, problems: list[str]) -> Outline:
        """Return what was found; `xmlUrl` counts, and `xmlurl` only in a file that never spells it right."""
        right = any("xmlUrl" in attributes for attributes, _ in self.outlines)
        feeds, wrong = [], []
        for attributes, folders in self.outlines:
            given = attributes.get("xmlUrl", "") if right else _address(attributes)
            if url := absolute_url(_with_scheme(given)):
                feeds.append(_subscription(attributes, url, folders))
            elif given or (right and _attribute(attributes, "xmlurl")):
                shown = clean_text(given, 200) or "its address is not in xmlUrl"
                wrong.append(f"{_title(attributes) or 'an outline'}: {shown}")
        problems += [f"no address of a feed: {what}" for what in wrong[:20]]
        return Outline(title=self.title, feeds=tuple(feeds), problems=tuple(problems))


def _subscription(attributes: Mapping[str, str], url: str, folders: tuple[str, ...]) -> Subscription:
    categories = (clean_text(part) for part in attributes.get("category", "").split(","))
    return Subscription(
        url=url,
        title=_title(attributes),
        site=absolute_url(_attribute(attributes, "htmlurl")),
        folders=folders,
        categories=tuple(dict.fromkeys(filter(None, categories))),
    )


def _address(attributes: Mapping[str, str]) -> str:
    """Return the address of a feed where it is not in `xmlUrl`, as it should be."""
    is_feed = _attribute(attributes, "type").lower() in ("rss", "atom", "feed")
    return _attribute(attributes, "xmlurl") or (_attribute(attributes, "url") if is_feed else "")


def _with_scheme(given: str) -> str:
    """Return an address with the scheme that some leave out, and without the one that was meant for feed readers."""
    given = re.sub(r"^feed:(?://)?(?=https?:)", "", given.strip(), flags=re.IGNORECASE)
    given = re.sub(r"^feed:(?=//)", "https:", given, flags=re.IGNORECASE)
    return f"https://{given}" if re.match(r"[\w-]+(?:\.[\w-]+)+/", given) else given


def _title(attributes: Mapping[str, str]) -> str:
    return _as_spaced(_attribute(attributes, "text")) or _as_spaced(_attribute(attributes, "title"))


def _as_spaced(value: str) -> str:
    """Return a title as it was written where only its spacing is odd, else cleaned."""
    cleaned = clean_text(value)
    return value.strip() if value.split() == cleaned.split() and "\n" not in value.strip() else cleaned


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return an attribute, however its name is capitalised."""
    return next((value for key, value in attributes.items() if key.lower() == name), "")


def _read_tags(text: str) -> _Collector:
    """Read a document as a sequence of tags, none of which has to fit the others."""
    collector, title = _Collector(), -1
    text = _with_values_escaped(_COMMENT.sub("", text))
    for tag in _TAG.finditer(text):
        name = tag["name"].rpartition(":")[2].lower()
        if not tag["closing"]:
            given = (
                (found[1], found[2] or found[3] or found[4] or "") for found in _VALUE.finditer(tag["values"])
            )
            values = {("xmlUrl" if key.lower() == "xmlurl" else key): unescape(value) for key, value in given}
            collector.start([name], values)
            title = tag.end() if name == "title" else -1
        if tag["closing"] or tag["empty"]:
            collector.end([name], unescape(text[title : tag.start()]) if title >= 0 else "")
            title = -1
    return collector


def _with_values_escaped(text: str) -> str:
    """Return a document whose values no longer hold quotes and tags as they are."""
    closings = [match.start() for match in _CLOSING.finditer(text)]
    pieces, done = [], 0
    for opening in _OPENING.finditer(text):
        begin = opening.end()
        place = bisect_left(closings, begin)
        if (
            opening.start() < done
            or place == len(closings)
            or closings[place] - begin > _MAX_VALUE_CHARACTERS
        ):
            continue
        value = text[begin : closings[place]].replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
        pieces += [text[done:begin], value]
        done = closings[place]
    return "".join([*pieces, text[done:]])
