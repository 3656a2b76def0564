"""A feed as typed values, the same for RSS, RDF and Atom: texts as they are written, "" where the feed says nothing.

`feed_document.parse_xml` makes them. A reader of these values knows neither XML nor the library that parsed it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A text construct: its value, its media type ("" if unknown), its language, and what its links are relative to."""

    value: str = ""
    kind: str = ""
    language: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a feed or an entry: its address, its relation ("alternate", "enclosure", ...) and its media type."""

    href: str
    relation: str
    kind: str


@dataclass(frozen=True, slots=True)
class Category:
    """A category or tag: its term, the label for people, and the scheme that the term belongs to."""

    term: str
    label: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Medium:
    """A `media:content`, `media:thumbnail` or `media:group`, with the texts of what stands around it (Media RSS)."""

    element: str  # "content", "thumbnail" or "group"
    url: str
    medium: str  # "image", "video", ...
    kind: str  # its media type
    width: str
    height: str
    title: str
    description: str
    text: str
    credit: str
    copyright: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a feed and an entry have in common."""

    id: str = ""
    title: Text
    summary: Text
    contents: tuple[Text, ...] = ()
    link: str = ""
    original_link: str = ""  # where FeedBurner has put the link that the site had written
    links: tuple[Link, ...] = ()
    authors: tuple[str, ...] = ()  # their names
    language: str = ""
    rights: Text
    licence_url: str = ""  # `media:license`


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Described):
    """What a feed says of itself, with the time that it asks not to be visited for."""

    ttl: str = ""  # minutes
    update_period: str = ""  # "hourly", "daily", ... (the syndication module)
    update_frequency: str = ""  # times in a period


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Described):
    """An item or entry of a feed; dates are texts, and no two feeds write them alike."""

    published: str = ""
    created: str = ""
    updated: str = ""
    section: str = ""
    categories: tuple[Category, ...] = ()
    image_url: str = ""  # an episode's picture, or an item's own
    media: tuple[Medium, ...] = ()
    media_title: str = (
        ""  # what the media are called and described as, all together or the first that says so
    )
    media_description: str = ""


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed as it was read; `version` is "rss20", "atom10" and so on, "" if the document is no feed at all."""

    version: str
    channel: Channel
    entries: tuple[Entry, ...]
    well_formed: bool
    broken_off: bool = False  # its end is missing; `entries` are those before the break

    @property
    def is_atom(self) -> bool:
        """Whether it follows RFC 4287 or its draft."""
        return self.version.startswith("atom")
