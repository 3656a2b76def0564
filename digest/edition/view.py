"""What a template sees: the edition in words, ready to be set. Times are said, addresses checked, texts plain.

The names here are the documented variables of a theme (docs/guide/themes.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from digest.edition import colours
from digest.edition.language import Language, direction
from digest.edition.licences import Licence, licences
from digest.edition.text import Text
from digest.marks import MARKS
from digest.model import Article, Chosen, Image, Plan
from digest.settings import Newsletter, Site
from digest.text import absolute_url

LEAD_WIDTH = 552  # CSS pixels: a sheet of 600 less its margins
THUMB_WIDTH = 132


class Detail(IntEnum):
    """How much of a story a mail shows; what does not fit loses a step at a time."""

    GONE = 0
    LINE = 1  # its headline
    BRIEF = 2  # and where it is from
    TEASER = 3  # and its dek and picture
    FULL = 4  # and its text, where the theme shows one


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image with the size at which it stands in the mail, in CSS pixels; height is None where nobody knows it."""

    url: str
    alt: str
    credit: str
    caption: str
    width: int
    height: int | None
    thumb_width: int
    thumb_height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article; `dir` is "rtl" or "ltr" where its headline runs against the edition, "" otherwise."""

    title: str
    url: str
    dek: str
    byline: str
    source: str
    section: str
    time: str
    image: Picture | None
    text: Text
    also_in: tuple[str, ...]
    updated: bool
    rank: int
    dir: str
    lang: str
    detail: Detail

    @property
    def body(self) -> Markup:
        """Its text as clean HTML, for themes that show it."""
        return self.text.html

    @property
    def body_text(self) -> str:
        return self.text.plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section without the lead; `more` stories of it did not fit into the HTML part."""

    title: str
    stories: tuple[Story, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The edition as a whole."""

    title: str
    tagline: str
    logo: str
    intro: tuple[str, ...]  # paragraphs
    date: str
    daypart: str
    count: int  # stories
    language: str
    dir: str
    subject: str = ""
    preheader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """Who sends, in the words of the configuration, with checked addresses."""

    name: str
    url: str
    about: str
    licence: str
    postal_address: str
    appeal: str
    appeal_url: str
    signup: str
    signup_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything a template may use."""

    edition: Head
    lead: Story | None
    sections: tuple[Section, ...]
    site: Foot
    licences: tuple[Licence, ...]
    language: Language
    light: colours.Palette
    dark: colours.Palette

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story, the lead first."""
        rest = (story for section in self.sections for story in section.stories)
        return (self.lead, *rest) if self.lead else tuple(rest)

    def variables(self) -> Mapping[str, Any]:
        """Return the variables of a template."""
        return {
            "edition": self.edition,
            "lead": self.lead,
            "sections": self.sections,
            "site": self.site,
            "licences": self.licences,
            "light": self.light,
            "dark": self.dark,
            "say": self.language.say,
            "reader": _READER,
        }

    def at(self, detail: Mapping[int, Detail]) -> View:
        """Return this view with the stories of the given ranks at less detail; those that are gone are counted."""
        if not detail:
            return self
        lead = self.lead and replace(self.lead, detail=detail.get(self.lead.rank, self.lead.detail))
        return replace(
            self, lead=lead, sections=tuple(_section_at(section, detail) for section in self.sections)
        )


_READER = MappingProxyType(MARKS)


def _section_at(section: Section, detail: Mapping[int, Detail]) -> Section:
    stories = [replace(story, detail=detail.get(story.rank, story.detail)) for story in section.stories]
    kept = tuple(story for story in stories if story.detail > Detail.GONE)
    return replace(section, stories=kept, more=len(stories) - len(kept))


def view(plan: Plan, newsletter: Newsletter, site: Site, now: datetime) -> View:
    """Return what a theme needs to set an edition; the plan's first article is the lead."""
    language = Language(newsletter.language, newsletter.timezone)
    sections = [
        Section(
            title=section.title,
            stories=tuple(_story(c, section.title, plan, language, now) for c in section.articles),
        )
        for section in plan.sections
        if section.articles
    ]
    lead = sections[0].stories[0] if sections else None
    if lead:
        sections[0] = replace(sections[0], stories=sections[0].stories[1:])
    return View(
        edition=_head(plan, newsletter, site, language),
        lead=lead,
        sections=tuple(section for section in sections if section.stories),
        site=_foot(site),
        licences=licences((c.candidate.source_title, c.candidate.article.licence) for c in plan.chosen),
        language=language,
        light=colours.light(newsletter.accent),
        dark=colours.dark(newsletter.accent),
    )


def _head(plan: Plan, newsletter: Newsletter, site: Site, language: Language) -> Head:
    return Head(
        title=newsletter.title,
        tagline=newsletter.tagline or site.tagline,
        logo=absolute_url(newsletter.logo, site.url),
        intro=tuple(" ".join(part.split()) for part in newsletter.intro.split("\n\n") if part.strip()),
        date=language.date(plan.due),
        daypart=language.say(language.daypart(plan.due)),
        count=len(plan.chosen),
        language=language.code,
        dir=language.direction,
    )


def _foot(site: Site) -> Foot:
    return Foot(
        name=site.name,
        url=site.url,
        about=site.about,
        licence=site.licence,
        postal_address=site.postal_address,
        appeal=site.appeal,
        appeal_url=_link(site.appeal_url, site),
        signup=site.signup,
        signup_url=_link(site.signup_url, site),
    )


def _link(address: str, site: Site) -> str:
    return address if address.startswith("mailto:") else absolute_url(address, site.url) if address else ""


def _story(chosen: Chosen, section: str, plan: Plan, language: Language, now: datetime) -> Story:
    article = chosen.candidate.article
    runs = direction(article.title)
    url = absolute_url(article.url, "")
    return Story(
        title=article.title or article.dek or url,
        url=url,
        dek=article.dek if article.title else "",
        byline=article.byline,
        source=chosen.candidate.source_title,
        section=section,
        time=_time(article, plan, language, now),
        image=_picture(article.image),
        text=Text(article.body, url, LEAD_WIDTH),
        also_in=chosen.also_in,
        updated=chosen.updated,
        rank=chosen.rank,
        dir=runs if runs not in ("", language.direction) else "",
        lang=_foreign(article.language, language),
        detail=Detail.FULL,
    )


def _time(article: Article, plan: Plan, language: Language, now: datetime) -> str:
    """Say when it appeared; a source's clock that runs ahead is not repeated."""
    if article.published is None or article.published > now + timedelta(hours=1):
        return ""
    return language.time(article.published, plan.due).replace(" ", "\u00a0")


def _foreign(code: str, language: Language) -> str:
    """Return an article's language tag where it differs from the edition's, for screen readers and hyphenation."""
    primary = code.partition("-")[0].lower()
    return code if primary.isalpha() and code.isascii() and primary != language.locale.language else ""


def _picture(image: Image | None) -> Picture | None:
    """Return an image that can stand in a mail; a tracking pixel or an odd address is none."""
    if image is None or not (url := absolute_url(image.url, "")):
        return None
    width, height = image.width or 0, image.height or 0
    if 0 < width <= 2 or 0 < height <= 2:
        return None
    wide, thumb = min(width or LEAD_WIDTH, LEAD_WIDTH), min(width or THUMB_WIDTH, THUMB_WIDTH)
    known = width and height
    return Picture(
        url=url,
        alt=image.alt,
        credit=image.credit,
        caption=image.caption,
        width=wide,
        height=round(height * wide / width) if known else None,
        thumb_width=thumb,
        thumb_height=round(height * thumb / width) if known else None,
    )
