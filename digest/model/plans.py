"""The plan of an edition: what is chosen and what is left out, with reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal, TypeAlias

from digest.model.articles import Article, Image

#: How long a mailed story is recognised when another source has it.
REMEMBERED = timedelta(days=3)

#: What becomes of stories that do not fit: they may run next time, their headlines are listed, or neither.
Overflow: TypeAlias = Literal["carry", "list", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stored article that an edition may take, with what the store knows about it."""

    id: int
    source: str  # the source's key in the configuration
    source_title: str
    article: Article
    url_key: str  # digest.text.url_key(article.url): equal for the same page
    first_seen: datetime
    last_changed: datetime
    has_image: bool = False  # while choosing, the image and the body themselves stay in the store
    has_body: bool = False
    first_contact: bool = False  # it came with the very first visit to its source
    held: str = ""  # why the store holds it back ("" if it does not)
    gone: bool = False  # its source no longer lists it although it lists older ones
    mailed_at: datetime | None = None  # an earlier edition of this newsletter carried it
    passed_over: int = 0  # editions of this newsletter in which it did not fit and that carried it over
    shares_page: bool = False  # its source lists other stories at the same address

    @property
    def page(self) -> str:
        """The key of its page, "" where the address is not this article's alone and identifies nothing."""
        return "" if self.shares_page else self.url_key

    def out_at(self, zone: tzinfo) -> datetime:
        """Return the moment that its news counts from, for a newsletter that is made in `zone`.

        A date ahead counts as the moment at which the article was seen, and a day as its end: it may be of the evening.
        Of a scheduled one the day counts as its beginning.
        """
        article = self.article
        published = article.published
        if published is None:
            return self.first_seen
        if article.day_only:
            day = published.date() if article.scheduled else published.date() + timedelta(days=1)
            published = datetime.combine(day, time.min, zone)
        return published if article.scheduled else min(published, self.first_seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An article in an edition: its rank from 1, its place in words, and who else carried the same story."""

    candidate: Candidate
    rank: int
    why: str
    also_in: tuple[str, ...] = ()
    updated: bool = False
    place: int = 0  # in its section by score, from 1
    score: float = 0.0
    pin: int | None = None  # its place among the newsletter's pins
    pictured: bool = False  # it has a picture, as far as is known; one that could not be loaded is none
    lead: str = ""  # why it leads the edition ("" if it does not)

    @property
    def reason(self) -> str:
        """Why it is where it is, in words."""
        return f"{self.lead}; {self.why}" if self.lead else self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An article that was considered and not taken, and why; `settled` ones are not considered again."""

    candidate: Candidate
    why: str
    settled: bool = True
    overflow: Overflow | None = None  # what becomes of it, where it did not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSection:
    """A section; `listed` stories did not fit into it and have their headlines below it, ranked after all articles."""

    title: str
    articles: tuple[Chosen, ...]
    listed: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one edition will carry and what not, each with its reason; the first article of all is the lead."""

    newsletter: str
    slot: str
    due: datetime  # the slot as a moment, UTC
    sections: tuple[PlannedSection, ...]
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[str, ...] = ()
    skip: str = ""  # why no mail goes out ("" if one does)
    logo: Image | None = None  # the newsletter's, as large as it turned out to be

    @property
    def chosen(self) -> tuple[Chosen, ...]:
        return tuple(chosen for section in self.sections for chosen in section.articles)

    @property
    def listed(self) -> tuple[Chosen, ...]:
        return tuple(chosen for section in self.sections for chosen in section.listed)

    @property
    def did_not_fit(self) -> dict[str, int]:
        """How many stories did not fit, by what becomes of them."""
        counts: Counter[str] = Counter(left.overflow for left in self.left_out if left.overflow)
        counts["list"] += len(self.listed)
        return {overflow: count for overflow, count in counts.items() if count}
