"""What sources bring in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of an article: plain texts, absolute URL, width and height in CSS pixels where known."""

    url: str
    alt: str = ""
    credit: str = ""
    caption: str = ""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One story as its source tells it: plain texts (no markup, entities resolved), absolute URLs, UTC times."""

    guid: str
    url: str
    title: str
    dek: str = ""
    byline: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    image: Image | None = None
    body: str = ""  # clean HTML (see digest.text.clean_html), "" where the source gives none
    language: str = ""
    licence: str = ""
    day_only: bool = False  # `published` names a day, whose first moment in UTC it is; the time is unknown
    scheduled: bool = False  # `published` is an order: not before then
    expires: datetime | None = None  # not from then on


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """What a source says of itself."""

    title: str = ""
    url: str = ""
    language: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave us to ask "changed since?" with: opaque texts, sent back as they came (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one visit to a source brought: its articles, or `not_modified`, and what was odd about it, in words."""

    info: SourceInfo = SourceInfo()
    articles: tuple[Article, ...] = ()
    problems: tuple[str, ...] = ()
    losses: tuple[
        str, ...
    ] = ()  # those of the problems that cost articles: to be told when an edition is made
    complete: bool = False  # these are all that there are: what is not among them was taken down
    validators: Validators = Validators()
    not_modified: bool = False
    moved_to: str = ""  # the target of a permanent redirect
    fresh_for: float | None = None  # seconds for which the server asks not to be asked again
