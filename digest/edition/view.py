"""What a template sees: the edition in words, ready to be set. Times are said, addresses checked, texts plain.

The names here are the documented variables of a theme (docs/guide/themes.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from digest.edition import colours
from digest.edition.language import Language
from digest.edition.licences import Licence
from digest.edition.setting.columns import letters_wide
from digest.edition.setting.typefaces import typefaces
from digest.edition.telling import Text
from digest.model.placeholders import PLACEHOLDERS


class Detail(IntEnum):
    """How much of a story a mail shows; what does not fit loses a step at a time."""

    GONE = 0
    LINE = 1  # its headline
    BRIEF = 2  # and where it is from
    TEASER = 3  # and its dek and picture
    FULL = 4  # and its text, where the theme shows one


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image with the sizes at which it stands in the mail, in CSS pixels; a height is None where it is unknown.

    `large` and `small` say whether its shape and its own size fit the lead's place, and the one beside a teaser.
    """

    url: str
    alt: str
    credit: str
    caption: str
    width: int
    height: int | None
    thumb_width: int
    thumb_height: int | None
    large: bool = True
    small: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article; `dir` is "rtl" or "ltr" where most of its letters run against the edition, "" otherwise.

    `lang` is its language where that is not the edition's, `language` in any case. `summary` is its dek as the source
    wrote it.
    """

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
    language: str
    summary: str
    comma: str
    detail: Detail

    @property
    def body(self) -> Markup:
        """Its text as clean HTML, for themes that show it."""
        return self.text.html

    @property
    def body_below_picture(self) -> Markup:
        """Its text without its picture, for themes that show that one above the text."""
        return self.text.html_below_picture

    @property
    def body_text(self) -> str:
        """Its text in lines, for the text part."""
        return self.text.plain

    @property
    def letters(self) -> float:
        """How long its headline is, in letters; a wide character counts more."""
        return letters_wide(self.title)

    @property
    def dek_in_body(self) -> bool:
        """Whether its text says what its dek does."""
        return self.text.tells(self.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section without the lead; `more` stories of it did not fit into the HTML part.

    Of the `listed` there was no room for more than the headline.
    """

    title: str
    stories: tuple[Story, ...]
    more: int = 0
    listed: tuple[Story, ...] = ()


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
    upright: bool = False  # its script has no slanted letters, nor any that may be set closer
    comma: str = ", "  # between the parts of a list or an address
    letters: float = 0  # how wide its title is, in letters; a wide character counts more
    logo_width: int | None = None  # CSS pixels; None where it is unknown
    logo_height: int | None = None
    wordmark: bool = False  # the logo is wide: it takes the name's place
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
    on_web: bool = True  # it has a page to view in the browser

    @property
    def listed(self) -> tuple[Story, ...]:
        """Every story that is only listed."""
        return tuple(story for section in self.sections for story in section.listed)

    @property
    def stories(self) -> tuple[Story, ...]:
        """Every story except those that are only listed, the lead first."""
        rest = (story for section in self.sections for story in section.stories)
        return (self.lead, *rest) if self.lead else tuple(rest)

    def variables(self, *, html: bool = False) -> Mapping[str, Any]:
        """Return the variables of a template, for texts or for HTML."""
        return {
            "edition": self.edition,
            "lead": self.lead,
            "sections": self.sections,
            "site": self.site,
            "licences": self.licences,
            "light": self.light,
            "dark": self.dark,
            "say": self.language.say_in_html if html else self.language.say,
            "fonts": typefaces(self.language.script),
            "reader": _READER if self.on_web else _READER_WITHOUT_PAGE,
        }

    def at(self, detail: Mapping[int, Detail]) -> View:
        """Return this view with the stories of the given ranks at less detail; those that are gone are counted."""
        if not detail:
            return self
        lead = self.lead and replace(self.lead, detail=detail.get(self.lead.rank, self.lead.detail))
        return replace(
            self, lead=lead, sections=tuple(_section_at(section, detail) for section in self.sections)
        )


_READER = MappingProxyType(PLACEHOLDERS)
_READER_WITHOUT_PAGE = MappingProxyType({**PLACEHOLDERS, "browser_url": ""})


def _section_at(section: Section, detail: Mapping[int, Detail]) -> Section:
    stories = [replace(story, detail=detail.get(story.rank, story.detail)) for story in section.stories]
    kept = tuple(story for story in stories if story.detail > Detail.GONE)
    listed = tuple(story for story in section.listed if detail.get(story.rank, Detail.LINE) > Detail.GONE)
    more = len(stories) - len(kept) + len(section.listed) - len(listed)
    return replace(section, stories=kept, listed=listed, more=more)
