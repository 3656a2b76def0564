"""How much a story counts: a score made of a few parts that the configuration weighs, each of which can be told."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Candidate
from digest.selection.desk import Desk, Place
from digest.selection.same_story import UNPINNED, Story
from digest.selection.words import listed, out

MOST_OTHERS = 3  # further sources that count; a story that all have would drown the rest


@dataclass(frozen=True, slots=True)
class Ranked:
    """A story with its score for one place of the edition, and the parts of which that is the sum."""

    story: Story
    score: float
    parts: tuple[float, ...]

    @property
    def candidate(self) -> Candidate:
        """The version that leads the story."""
        return self.story.leader.candidate

    @property
    def order(self) -> tuple[int, float, float, str, int]:
        """What puts stories in order, the best first: pins as configured, then by score; never by chance."""
        leader, candidate = self.story.leader, self.candidate
        pin = UNPINNED if leader.pin is None else leader.pin
        return pin, -self.score, leader.age, candidate.article.url, candidate.id


def rank(story: Story, place: Place, desk: Desk) -> Ranked:
    """Score a story for a place of the edition."""
    weights, leader = desk.newsletter.ranking, story.leader
    article = leader.candidate.article
    sections = len(desk.newsletter.sections)
    parts = (
        weights.recency * 0.5 ** (leader.age / weights.half_life.total_seconds()),
        weights.source * (place.source.weight - 1),
        weights.image if article.image else 0,
        weights.dek if article.dek else 0,
        weights.section * (sections - place.position - 1) / sections,
        weights.also_in * min(len(story.also_in), MOST_OTHERS),
    )
    return Ranked(story, sum(parts), parts)


def why(ranked: Ranked, desk: Desk) -> str:
    """Say the score of a story and its parts."""
    candidate, others = ranked.candidate, ranked.story.also_in
    news = "changed since it was mailed" if candidate.mailed_at else out(candidate, desk.now)
    also_in = f"also in {listed(others)}" if others else ""
    names = (news, "its source", "an image", "a dek", "its section's place", also_in)
    parts = [f"{name} {part:+.2f}" for name, part in zip(names, ranked.parts, strict=True) if part]
    pinned = "" if ranked.story.leader.pin is None else "pinned; "
    return f"{pinned}score {ranked.score:.2f} ({', '.join(parts) or 'nothing counts'})"
