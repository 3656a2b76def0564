"""One newsletter: when it appears, what it holds, and how it looks."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from digest.model import REMEMBERED, Overflow
from digest.schedule.gaps import default_max_age
from digest.schedule.slots import parse_cron
from digest.settings.addresses import Link, Mailbox, OptionalMailbox, ReturnAddress, Seed
from digest.settings.choice import Ranking
from digest.settings.kinds import SourceSettings
from digest.settings.languages import LanguageTag
from digest.settings.sections import SectionSettings
from digest.settings.values import (
    Duration,
    OptionalShare,
    Shape,
    Term,
    TimeZone,
    Weekday,
    from_folder,
)


class Newsletter(Shape):
    """One newsletter: when, to whom it says it is from, and how it chooses."""

    name: str  # part of every edition's name: lower-case letters, digits, "-" and "_"
    title: str  # what readers see: the masthead, and their pages
    # Who the mail is from: "The Daily <daily@news.example.org>"
    sender: Annotated[Mailbox, Field(alias="from")]
    reply_to: OptionalMailbox = ""  # where answers go; to `from` by default
    bounces: ReturnAddress = ""  # where mails come back to; `address` of [bounces] by default
    leave_address: ReturnAddress = ""  # where readers leave by mail; that of [bounces] by default
    schedule: str = "0 7 * * *"  # when an edition is due, as a cron expression with weekdays by name
    timezone: TimeZone = "UTC"  # of the schedule and of dates in the mail
    theme: str = "frontpage"  # frontpage, headlines, letter, or a folder of your own such as "./themes/mine"
    # A tag such as "de", "pt-BR" or "zh-Hant": of dates, buttons, and the mail itself
    language: LanguageTag = "en"
    tagline: str = ""  # a line below the title; that of the site by default
    intro: str = ""  # a few words above the articles
    archive: Literal["public", "private", "off"] = "public"  # who reads it on the web: all, by link, none
    feed: Literal["summary", "full"] = "summary"  # how much of an edition the archive's feed carries
    subject: str = ""  # a Jinja template such as "{{ lead.title }}"; the lead's headline by default
    accent: str = "#9b1c1c"  # the colour of rules and buttons
    logo: Link = ""  # URL of an image for the masthead
    max_articles: int = Field(20, ge=1)  # how many an edition has at most
    # With fewer the edition is skipped and they wait; 0 mails even if nothing is new
    min_articles: int = Field(1, ge=0)
    overflow: Overflow = "carry"  # what becomes of stories that do not fit: carry, list or drop
    # Older articles are left out; counted from publication, or from when they were first seen if they have no date.
    # By default the schedule's longest gap and half a day more.
    max_age: Duration = Field(timedelta(0), validate_default=True)
    max_lateness: Duration = timedelta(hours=3)  # a slot that is later than this is skipped
    first_contact: int = Field(10, ge=0)  # so many articles of a source that is visited for the first time
    # A story that changed after it was mailed: "ignore" leaves it alone, "mark" runs it in the next edition as updated,
    # "again" runs it again after `again_after`.
    updates: Literal["ignore", "mark", "again"] = "ignore"
    again_after: Duration = timedelta(days=7)  # with `updates = "again"`: not sooner than this
    quiet_time: Duration = timedelta(0)  # an article waits until it has not changed for so long
    max_wait: Duration = timedelta(hours=1)  # the longest that an article waits for `quiet_time`
    # How many articles of one source may follow each other, where there are others; 0: any number
    spread: int = Field(3, ge=0)
    pins: tuple[Term, ...] = ()  # URLs that come first in their section, whatever their age and the filters
    blocks: tuple[Term, ...] = ()  # URLs that are never mailed
    ranking: Ranking = Ranking()
    weekly_on: Weekday = "sun"  # weekly readers get their round-up with the last slot up to this day
    # A mail that may or may not have arrived is sent again, or held
    on_unknown: Literal["resend", "hold"] = "resend"
    # So many readers get it first, as "5%" or a number; the others follow if the answers are good
    canary: OptionalShare = None
    canary_wait: Duration = timedelta(minutes=10)  # how long after the opening the others follow
    seeds: tuple[Seed, ...] = ()  # addresses of readers who get it before all others
    # Who may sign up at /n/NAME: everybody ("open"), whoever was invited, or no reader ("closed").
    # By default it is open where site.url is set.
    signup: Literal["open", "invitation", "closed"] | None = None
    sections: tuple[SectionSettings, ...] = ()

    @field_validator("name")
    @classmethod
    def _short_and_plain(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", value):
            raise ValueError('must be at most 40 lower-case letters, digits, "-" and "_", such as "daily"')
        return value

    @field_validator("schedule")
    @classmethod
    def _a_schedule(cls, value: str) -> str:
        parse_cron(value)
        return value

    @field_validator("max_age", mode="before")
    @classmethod
    def _by_schedule(cls, value: Any, info: ValidationInfo) -> Any:
        is_default = isinstance(value, timedelta) and not value
        return default_max_age(info.data["schedule"]) if is_default and "schedule" in info.data else value

    @field_validator("theme")
    @classmethod
    def _a_theme(cls, value: str, info: ValidationInfo) -> str:
        is_folder = "/" in value or value.startswith((".", "~"))
        return str(from_folder(Path(value), info)) if is_folder else value

    @field_validator("pins", "blocks")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if not url.startswith(("https://", "http://")):
                raise ValueError(f'{url!r} is not an address such as "https://news.example.org/story"')
        return value

    @field_validator("accent")
    @classmethod
    def _a_colour(cls, value: str) -> str:
        if not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value):
            raise ValueError(f'{value!r} is not a colour; write "#9b1c1c"')
        return value

    @property
    def remembered(self) -> timedelta:
        """How long a mailed story is known again in another source: as long as it might be taken from there."""
        return max(REMEMBERED, self.max_age)

    def returning_to(self, bounces: str, leave_address: str) -> Newsletter:
        """Return it with these addresses where it has none of its own."""
        own = {"bounces": self.bounces or bounces, "leave_address": self.leave_address or leave_address}
        return self.model_copy(update=own)

    def limit(self, section: SectionSettings) -> int:
        """Return how many articles a section takes at most."""
        return section.max_articles or self.max_articles

    @property
    def sources(self) -> tuple[SourceSettings, ...]:
        return tuple(source for section in self.sections for source in section.sources)
