"""How much a story counts: a score made of a few parts that the configuration weighs, each of which can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from digest.model import Candidate
from digest.selection.rules import EditionRules, Place
from digest.selection.same_story import UNPINNED_RANK, Story
from digest.selection.words import listed, out

MAX_OTHER_SOURCES = 3  # further sources that count; a story that all have would drown the rest


@dataclass(frozen=True, slots=True)
class Traits:
    """What counts of a story besides its time and its company: the same for all that have the same to show."""

    score: float
    words: tuple[str, ...]


@dataclass(slots=True)
class Ranked:
    """A story with its score for one place of the edition, and the parts of which that is the sum."""

    story: Story
    candidate: Candidate  # the version that leads it
    score: float
    recency: float
    traits: Traits
    also_in: float


#: Scores stories for one place of the edition.
Scale: TypeAlias = Callable[[Story], Ranked]


def scale(place: Place, rules: EditionRules) -> Scale:
    """Return what scores stories for a place of the edition."""
    weights = rules.newsletter.ranking
    half_life = weights.half_life.total_seconds()
    sections = len(rules.newsletter.sections)

    @cache
    def traits(image: bool, dek: bool, passed_over: int) -> Traits:
        parts = {
            "its source": weights.source * (place.source.weight - 1),
            "an image": weights.image * image,
            "a dek": weights.dek * dek,
            "did not fit before": -weights.carried * passed_over,
            "its section's place": weights.section * (sections - place.position - 1) / sections,
        }
        return Traits(sum(parts.values()), tuple(_told(name, part) for name, part in parts.items() if part))

    def ranked(story: Story) -> Ranked:
        candidate = story.leader.candidate
        recency = weights.recency * 0.5 ** (story.leader.age / half_life)
        own = traits(candidate.has_image, candidate.article.dek != "", candidate.passed_over)
        also_in = weights.also_in * min(len(story.also_in), MAX_OTHER_SOURCES) if story.others else 0.0
        return Ranked(story, candidate, recency + own.score + also_in, recency, own, also_in)

    return ranked


def order(ranked: Ranked) -> tuple[int, float, float, str, int]:
    """Return what puts stories in order, the best first: pins as configured, then by score; never by chance."""
    leader, candidate = ranked.story.leader, ranked.candidate
    pin = UNPINNED_RANK if leader.pin is None else leader.pin
    return pin, -ranked.score, leader.age, candidate.article.url, candidate.id


def why(ranked: Ranked, rules: EditionRules) -> str:
    """Say the score of a story and its parts."""
    leader = ranked.story.leader
    parts = list(ranked.traits.words)
    if ranked.recency:
        candidate = ranked.candidate
        news = "changed since it was mailed" if candidate.mailed_at else out(candidate, rules.now)
        parts.insert(0, _told(news, ranked.recency))
    if ranked.also_in:
        parts.append(_told(f"also in {listed(ranked.story.also_in)}", ranked.also_in))
    pinned = "" if leader.pin is None else "pinned; "
    return f"{pinned}score {ranked.score:.2f} ({', '.join(parts) or 'nothing counts'})"


def _told(name: str, part: float) -> str:
    return f"{name} {part:+.2f}"
