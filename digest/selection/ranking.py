"""How much a story counts: a score made of a few parts that the configuration weighs, each of which can be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from digest.selection.desk import Desk, Place
from digest.selection.same_story import UNPINNED, Story
from digest.selection.words import listed, out

MOST_OTHERS = 3  # further sources that count; a story that all have would drown the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A story with its score for one place of the edition, and the parts of it in words."""

    story: Story
    place: Place
    score: float
    parts: tuple[str, ...]

    @property
    def order(self) -> tuple[int, float, float, str, int]:
        """What puts stories in order, the best first: pins as configured, then by score; never by chance."""
        leader = self.story.leader
        pin = UNPINNED if leader.pin is None else leader.pin
        return pin, -self.score, -leader.moment.timestamp(), leader.candidate.article.url, leader.candidate.id

    @property
    def why(self) -> str:
        """The score and its parts in words."""
        pinned = "" if self.story.leader.pin is None else "pinned; "
        return f"{pinned}score {self.score:.2f} ({', '.join(self.parts)})"


def rank(story: Story, place: Place, desk: Desk) -> Ranked:
    """Score a story for a place of the edition."""
    parts = list(_parts(story, place, desk))
    said = tuple(f"{words} {value:+.2f}" for value, words in parts if value)
    return Ranked(
        story=story, place=place, score=sum(value for value, _ in parts), parts=said or ("nothing counts",)
    )


def _parts(story: Story, place: Place, desk: Desk) -> Iterator[tuple[float, str]]:
    weights, leader = desk.newsletter.ranking, story.leader
    article = leader.candidate.article
    age = (desk.now - leader.moment) / weights.half_life
    yield weights.recency * 0.5**age, _news(story, desk)
    yield weights.source * (place.source.weight - 1), "its source"
    yield weights.image * bool(article.image), "an image"
    yield weights.dek * bool(article.dek), "a dek"
    if others := story.also_in:
        yield weights.also_in * min(len(others), MOST_OTHERS), f"also in {listed(others)}"
    sections = len(desk.newsletter.sections)
    yield weights.section * (sections - place.position - 1) / sections, "its section's place"


def _news(story: Story, desk: Desk) -> str:
    candidate = story.leader.candidate
    return "changed since it was mailed" if candidate.mailed_at else out(candidate, desk.now)
