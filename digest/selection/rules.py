"""The rules of one edition, with the moment it is made at, and the entries that it is chosen from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeAlias
from zoneinfo import ZoneInfo

from digest.model import Candidate, LeftOut
from digest.selection.words import the
from digest.settings import Filters, Newsletter, SectionSettings, SourceSettings
from digest.text import url_key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """A way into the edition: a section, by its position in the mail, and the source that serves it.

    `filters` are those of the two that ask for anything, each with the name of who asks.
    """

    position: int
    section: SectionSettings
    source: SourceSettings
    filters: tuple[tuple[str, Filters], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRules:
    """The rules of one edition and the moment at which it is made."""

    newsletter: Newsletter
    now: datetime
    places: Mapping[str, tuple[Place, ...]]  # by the source's key, in the order of the sections
    pins: Mapping[str, int]  # the position of each pin, by its URL's key
    blocks: frozenset[str]  # URL keys
    zone: tzinfo  # of the newsletter: where its days begin

    def moment(self, candidate: Candidate) -> datetime:
        """Return when a candidate's news is from; a date ahead of its first sight counts as that."""
        if candidate.mailed_at:
            return min(candidate.last_changed, self.now)
        return min(candidate.out_at(self.zone), self.now)


@dataclass(slots=True, kw_only=True)
class Entry:
    """A candidate that may be taken, and by which sections."""

    candidate: Candidate
    age: float  # seconds since its news is from
    places: tuple[Place, ...]
    pin: int | None = None

    @property
    def weight(self) -> float:
        return self.places[0].source.weight

    @property
    def title(self) -> str:
        return self.candidate.article.title


#: Candidates that are out of the running, each with its reason.
LeftOuts: TypeAlias = list[LeftOut]


def rules_of(newsletter: Newsletter, now: datetime) -> EditionRules:
    """Return a newsletter's rules for an edition made at `now`."""
    places = defaultdict(list)
    for position, section in enumerate(newsletter.sections):
        for source in section.sources:
            filters = tuple(_filters(section, source))
            places[source.key].append(
                Place(position=position, section=section, source=source, filters=filters)
            )
    return EditionRules(
        newsletter=newsletter,
        now=now,
        places={key: tuple(found) for key, found in places.items()},
        pins={url_key(url): position for position, url in enumerate(newsletter.pins)},
        blocks=frozenset(url_key(url) for url in newsletter.blocks),
        zone=ZoneInfo(newsletter.timezone),
    )


def _filters(section: SectionSettings, source: SourceSettings) -> Iterator[tuple[str, Filters]]:
    nothing = Filters()
    for who, filters in (
        (the(section), section),
        (f"{source.name or 'the source'} in {the(section)}", source),
    ):
        if any(getattr(filters, name) != getattr(nothing, name) for name in Filters.model_fields):
            yield who, filters
