"""Fill the sections: each story once, in the first section that takes it, within the limits of all."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.model import Chosen, LeftOut, PlannedSection
from digest.selection.desk import Desk, LeftOuts, Place
from digest.selection.ranking import Ranked, Scale, order, scale, why
from digest.selection.same_story import Story
from digest.selection.words import the
from digest.settings import SectionSettings


@dataclass(slots=True, kw_only=True)
class Filled:
    """A section with its stories, best first, each with its place by score among all that it might have taken."""

    settings: SectionSettings
    pool: int
    stories: list[tuple[int, Ranked]]


def fill(stories: Iterable[Story], desk: Desk) -> tuple[list[Filled], LeftOuts]:
    """Choose for each section, then cut to what the newsletter takes altogether; return the rest apart."""
    wanted = _by_section(stories, desk)
    filled: list[Filled] = []
    taken: set[int] = set()
    surplus: dict[int, LeftOut] = {}
    for position, section in enumerate(desk.newsletter.sections):
        pool = [ranked for ranked in wanted[position] if ranked.candidate.id not in taken]
        places = list(enumerate(sorted(pool, key=order), 1))
        filled.append(Filled(settings=section, pool=len(pool), stories=places[: section.max_articles]))
        taken.update(ranked.candidate.id for _, ranked in filled[-1].stories)
        limit = f"left out: {_limit(section)}"
        for place, ranked in places[section.max_articles :]:
            text = f"{limit}, this ranked {place} of {len(pool)}; {why(ranked, desk)}"
            surplus.setdefault(ranked.candidate.id, LeftOut(candidate=ranked.candidate, why=text))
    cut = _cut(filled, desk)
    return filled, [left for number, left in surplus.items() if number not in taken] + cut


def arrange(filled: Iterable[Filled], desk: Desk) -> tuple[PlannedSection, ...]:
    """Put the lead first and spread the sources; return the sections that hold anything, ranked from 1."""
    sections: list[PlannedSection] = []
    rank = 0
    for section in filled:
        if not section.stories:
            continue
        ordered = section.stories if sections else _led(section.stories, desk)
        chosen = []
        for place, ranked in _spread(ordered, desk.newsletter.spread):
            rank += 1
            where = f"ranked {place} of {section.pool} in {the(section.settings)}"
            chosen.append(_chosen(ranked, rank, f"the lead; {where}" if rank == 1 else where, desk))
        sections.append(PlannedSection(title=section.settings.title, articles=tuple(chosen)))
    return tuple(sections)


def _by_section(stories: Iterable[Story], desk: Desk) -> dict[int, list[Ranked]]:
    """Score each story for every section that may take it, where two sources serve one section for the first."""
    wanted: dict[int, list[Ranked]] = defaultdict(list)
    scales: dict[Place, Scale] = {}
    for story in stories:
        before = None
        for place in story.leader.places:
            if place.position != before:
                rank = scales.get(place) or scales.setdefault(place, scale(place, desk))
                wanted[place.position].append(rank(story))
            before = place.position
    return wanted


def _limit(section: SectionSettings) -> str:
    return f"{the(section)} takes {section.max_articles} article{'s' if section.max_articles > 1 else ''}"


def _cut(filled: Sequence[Filled], desk: Desk) -> LeftOuts:
    """Take out the least stories beyond the newsletter's limit, the best of each section last of all."""
    limit = desk.newsletter.max_articles
    everything = [item for section in filled for item in enumerate(section.stories)]
    everything.sort(key=lambda item: (item[0] > 0, order(item[1][1])))
    cut = {ranked.candidate.id: ranked for _, (_, ranked) in everything[limit:]}
    for section in filled:
        section.stories = [story for story in section.stories if story[1].candidate.id not in cut]
    text = f"left out: the newsletter takes {limit} articles, and others ranked higher; "
    return [LeftOut(candidate=ranked.candidate, why=text + why(ranked, desk)) for ranked in cut.values()]


def _led(stories: Sequence[tuple[int, Ranked]], desk: Desk) -> list[tuple[int, Ranked]]:
    """Put the edition's lead first: the best story, for which an image counts more than elsewhere."""
    bonus = desk.newsletter.ranking.lead_image

    def as_lead(story: tuple[int, Ranked]) -> tuple[int, float, int]:
        place, ranked = story
        pin, score, *_ = order(ranked)
        return pin, score - bonus * ranked.candidate.has_image, place

    lead = min(stories, key=as_lead)
    return [lead, *(story for story in stories if story is not lead)]


def _spread(stories: Sequence[tuple[int, Ranked]], most: int) -> list[tuple[int, Ranked]]:
    """Let at most `most` articles of one source follow each other, as long as there are others; 0: any number."""
    waiting, spread = deque(stories), list[tuple[int, Ranked]]()
    while waiting:
        row = [ranked.candidate.source for _, ranked in spread[-most:]]
        tired = row[0] if most and len(row) == most and len(set(row)) == 1 else None
        index = next((i for i, (_, ranked) in enumerate(waiting) if ranked.candidate.source != tired), 0)
        spread.append(waiting[index])
        del waiting[index]
    return spread


def _chosen(ranked: Ranked, rank: int, where: str, desk: Desk) -> Chosen:
    is_update = ranked.candidate.mailed_at is not None
    news = "updated since it was mailed" if is_update else "new since the last edition"
    return Chosen(
        candidate=ranked.candidate,
        rank=rank,
        why=f"{news}; {where}: {why(ranked, desk)}",
        also_in=ranked.story.also_in,
        updated=is_update,
    )
