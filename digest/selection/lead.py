"""The order in which an edition is read: its lead, then the others by rank, and no source too often in a row.

It is settled twice: when the stories are chosen, and once more when their pictures have been looked at.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from digest.model import Chosen, Plan, PlannedSection
from digest.selection.same_story import UNPINNED_RANK
from digest.selection.words import shortened
from digest.settings import Newsletter


def reconsidered(plan: Plan, newsletter: Newsletter) -> Plan:
    """Return a plan in the order that its pictures deserve now that it is known which of them can be seen."""
    sections = [
        replace(section, articles=tuple(_without_lost(one, newsletter) for one in section.articles))
        for section in plan.sections
    ]
    return replace(plan, sections=in_order(sections, newsletter))


def in_order(sections: Sequence[PlannedSection], newsletter: Newsletter) -> tuple[PlannedSection, ...]:
    """Put the lead first, spread the sources, and rank all articles from 1; what is listed is ranked after them."""
    ordered: list[PlannedSection] = []
    rank, led = 0, False
    for section in sections:
        stories = sorted((replace(one, lead="") for one in section.articles), key=_by_score)
        if stories and not led:
            stories, led = _led(stories, newsletter), True
        spread = _spread(stories, newsletter.spread)
        ordered.append(replace(section, articles=_ranked(spread, rank)))
        rank += len(spread)
    for at, section in enumerate(ordered):
        ordered[at] = replace(section, listed=_ranked(section.listed, rank))
        rank += len(section.listed)
    return tuple(ordered)


def _by_score(chosen: Chosen) -> tuple[int, float, int]:
    return _pin(chosen), -chosen.score, chosen.place


def _pin(chosen: Chosen) -> int:
    return UNPINNED_RANK if chosen.pin is None else chosen.pin


def _led(stories: Sequence[Chosen], newsletter: Newsletter) -> list[Chosen]:
    """Put the edition's lead first: the best story; a picture counts a little more than elsewhere, to break a tie."""
    bonus = newsletter.ranking.lead_image

    def as_lead(chosen: Chosen) -> tuple[int, float, int]:
        return _pin(chosen), -chosen.score - bonus * chosen.pictured, chosen.place

    best, lead = stories[0], min(stories, key=as_lead)
    why = "the lead"
    if lead is not best:
        why += f", for its picture ({bonus:+.2f}): else {shortened(best.candidate.article.title)} would lead"
    return [replace(lead, lead=why), *(one for one in stories if one is not lead)]


def _spread(stories: Sequence[Chosen], most: int) -> list[Chosen]:
    """Let at most `most` articles of one source follow each other, as long as there are others; 0: any number."""
    waiting, spread = deque(stories), list[Chosen]()
    while waiting:
        row = [chosen.candidate.source for chosen in spread[-most:]]
        tired = row[0] if most and len(row) == most and len(set(row)) == 1 else None
        index = next((i for i, chosen in enumerate(waiting) if chosen.candidate.source != tired), 0)
        spread.append(waiting[index])
        del waiting[index]
    return spread


def _ranked(stories: Sequence[Chosen], above: int) -> tuple[Chosen, ...]:
    return tuple(replace(chosen, rank=rank) for rank, chosen in enumerate(stories, above + 1))


def _without_lost(chosen: Chosen, newsletter: Newsletter) -> Chosen:
    """Take back what a picture had counted that cannot be seen."""
    weight = newsletter.ranking.image
    if not weight or chosen.pictured or not chosen.candidate.has_image:
        return chosen
    why = f"{chosen.why}; its picture could not be loaded {-weight:+.2f}"
    candidate = replace(chosen.candidate, has_image=False)
    return replace(chosen, candidate=candidate, score=chosen.score - weight, why=why)
