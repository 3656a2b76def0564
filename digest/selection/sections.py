"""Fill the sections: each story once, in the first section that takes it, within the limits of all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.model import Chosen, PlannedSection
from digest.selection.desk import Desk, Reason, Refused
from digest.selection.ranking import Ranked, rank
from digest.selection.same_story import Story
from digest.selection.words import the
from digest.settings import SectionSettings


@dataclass(slots=True)
class Filled:
    """A section with its stories, best first, and how many there were to choose from."""

    settings: SectionSettings
    pool: int
    stories: list[Ranked]
    places: dict[int, int]  # by score, from 1, of each candidate's id


def fill(stories: Sequence[Story], desk: Desk) -> tuple[list[Filled], Refused]:
    """Choose for each section, then cut to what the newsletter takes altogether; return the rest apart."""
    filled: list[Filled] = []
    refused: dict[int, tuple[Story, str]] = {}
    waiting = {story.leader.candidate.id: story for story in stories}
    for position, section in enumerate(desk.newsletter.sections):
        pool = sorted(_ranked(waiting.values(), position, desk), key=lambda ranked: ranked.order)
        places = {ranked.story.leader.candidate.id: place for place, ranked in enumerate(pool, 1)}
        taken, full = pool[: section.max_articles], pool[section.max_articles :]
        for ranked in full:
            refused.setdefault(_id(ranked), (ranked.story, _full(ranked, section, places)))
        for ranked in taken:
            del waiting[_id(ranked)]
            refused.pop(_id(ranked), None)
        filled.append(Filled(section, len(pool), taken, places))
    cut = _cut(filled, desk)
    return filled, [(story.leader.candidate, Reason(text)) for story, text in refused.values()] + cut


def arrange(filled: Iterable[Filled], desk: Desk) -> tuple[PlannedSection, ...]:
    """Put the lead first and spread the sources; return the sections that hold anything, ranked from 1."""
    sections: list[PlannedSection] = []
    rank = 0
    for section in filled:
        if not section.stories:
            continue
        ordered = _led(section.stories, desk) if not sections else section.stories
        ordered = _spread(ordered, desk.newsletter.spread)
        chosen = []
        for ranked in ordered:
            rank += 1
            chosen.append(_chosen(ranked, section, rank, leads=rank == 1))
        sections.append(PlannedSection(title=section.settings.title, articles=tuple(chosen)))
    return tuple(sections)


def _ranked(stories: Iterable[Story], position: int, desk: Desk) -> Iterable[Ranked]:
    """Score the stories that the section at `position` may take."""
    for story in stories:
        for place in story.leader.places:
            if place.position == position:
                yield rank(story, place, desk)
                break


def _cut(filled: Sequence[Filled], desk: Desk) -> Refused:
    """Take out the least stories beyond the newsletter's limit, the best of each section last of all."""
    everything = [
        (number > 0, ranked.order, ranked)
        for section in filled
        for number, ranked in enumerate(section.stories)
    ]
    everything.sort(key=lambda item: item[:2])
    limit = desk.newsletter.max_articles
    cut = {_id(ranked): ranked for _, _, ranked in everything[limit:]}
    for section in filled:
        section.stories = [ranked for ranked in section.stories if _id(ranked) not in cut]
    text = f"left out: the newsletter takes {limit} articles and others ranked higher; "
    return [(ranked.story.leader.candidate, Reason(text + ranked.why)) for ranked in cut.values()]


def _full(ranked: Ranked, section: SectionSettings, places: dict[int, int]) -> str:
    limit = f"{the(section)} takes {section.max_articles} article{'s' if section.max_articles > 1 else ''}"
    return f"left out: {limit}, this ranked {places[_id(ranked)]} of {len(places)}; {ranked.why}"


def _led(stories: list[Ranked], desk: Desk) -> list[Ranked]:
    """Put the edition's lead first: the best story, for which an image counts more than elsewhere."""

    def order(ranked: Ranked) -> tuple[int, float, float, str, int]:
        pin, score, moment, url, number = ranked.order
        has_image = ranked.story.leader.candidate.article.image is not None
        return pin, score - desk.newsletter.ranking.lead_image * has_image, moment, url, number

    lead = min(stories, key=order)
    return [lead, *(ranked for ranked in stories if ranked is not lead)]


def _spread(stories: Sequence[Ranked], most: int) -> list[Ranked]:
    """Let at most `most` articles of one source follow each other, as long as there are others; the first stays."""
    if not most:
        return list(stories)
    waiting, spread = deque(stories), list[Ranked]()
    while waiting:
        last = {ranked.story.leader.candidate.source for ranked in spread[-most:]}
        tired = last.pop() if len(spread) >= most and len(last) == 1 else None
        index = next(
            (i for i, ranked in enumerate(waiting) if ranked.story.leader.candidate.source != tired), 0
        )
        spread.append(waiting[index])
        del waiting[index]
    return spread


def _chosen(ranked: Ranked, section: Filled, rank: int, *, leads: bool) -> Chosen:
    candidate = ranked.story.leader.candidate
    place = f"ranked {section.places[candidate.id]} of {section.pool} in {the(section.settings)}"
    news = "updated since it was mailed" if candidate.mailed_at else "new since the last edition"
    also = ranked.story.also_in
    return Chosen(
        candidate=candidate,
        rank=rank,
        why=f"{news}; {'the lead; ' if leads else ''}{place}: {ranked.why}",
        also_in=also,
        updated=candidate.mailed_at is not None,
    )


def _id(ranked: Ranked) -> int:
    return ranked.story.leader.candidate.id
