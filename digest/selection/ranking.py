"""How much a story counts: a score made of a few parts that the configuration weighs, each of which can be told."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Candidate
from digest.selection.desk import Desk, Place
from digest.selection.same_story import UNPINNED, Story
from digest.selection.words import listed, out

MOST_OTHERS = 3  # further sources that count; a story that all have would drown the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A story with its score for one place of the edition, and the parts of it in words."""

    story: Story
    score: float
    parts: str

    @property
    def candidate(self) -> Candidate:
        """The version that leads the story."""
        return self.story.leader.candidate

    @property
    def order(self) -> tuple[int, float, float, str, int]:
        """What puts stories in order, the best first: pins as configured, then by score; never by chance."""
        leader, candidate = self.story.leader, self.candidate
        pin = UNPINNED if leader.pin is None else leader.pin
        return pin, -self.score, -leader.moment.timestamp(), candidate.article.url, candidate.id

    @property
    def why(self) -> str:
        """The score and its parts in words."""
        pinned = "" if self.story.leader.pin is None else "pinned; "
        return f"{pinned}score {self.score:.2f} ({self.parts})"


def rank(story: Story, place: Place, desk: Desk) -> Ranked:
    """Score a story for a place of the edition."""
    parts = _parts(story, place, desk)
    said = ", ".join([f"{words} {value:+.2f}" for value, words in parts if value])
    return Ranked(story=story, score=sum([value for value, _ in parts]), parts=said or "nothing counts")


def _parts(story: Story, place: Place, desk: Desk) -> list[tuple[float, str]]:
    """Return what makes up the score, each part with its reason."""
    weights, leader, others = desk.newsletter.ranking, story.leader, story.also_in
    article = leader.candidate.article
    half_lives = (desk.now - leader.moment) / weights.half_life
    sections = len(desk.newsletter.sections)
    parts = [
        (weights.recency * 0.5**half_lives, _news(leader.candidate, desk)),
        (weights.source * (place.source.weight - 1), "its source"),
        (weights.image if article.image else 0, "an image"),
        (weights.dek if article.dek else 0, "a dek"),
        (weights.section * (sections - place.position - 1) / sections, "its section's place"),
    ]
    if others:
        parts.append((weights.also_in * min(len(others), MOST_OTHERS), f"also in {listed(others)}"))
    return parts


def _news(candidate: Candidate, desk: Desk) -> str:
    return "changed since it was mailed" if candidate.mailed_at else out(candidate, desk.now)
