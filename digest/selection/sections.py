"""Fill the sections: each story once, in the first section that takes it, within the limits of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from digest.model import Chosen, LeftOut, Overflow, PlannedSection
from digest.selection.lead import in_order
from digest.selection.ranking import Ranked, Scale, order, scale, why
from digest.selection.rules import EditionRules, LeftOuts, Place
from digest.selection.same_story import Story
from digest.selection.words import the
from digest.settings import SectionSettings

MAX_LISTED = 30  # headlines below one section; what is beyond is carried over


@dataclass(slots=True, kw_only=True)
class Filled:
    """A section with its stories, best first, each with its place by score among all that it might have taken."""

    settings: SectionSettings
    pool: int
    stories: list[tuple[int, Ranked]]
    surplus: list[Surplus] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surplus:
    """A story that did not fit, with its place by score in its section and the limit that was in its way."""

    place: int
    story: Ranked
    limit: str


def fill(stories: Iterable[Story], rules: EditionRules) -> list[Filled]:
    """Choose for each section, then cut to what the newsletter takes altogether; each keeps what did not fit."""
    wanted = _by_section(stories, rules)
    filled: list[Filled] = []
    taken: set[int] = set()
    for position, section in enumerate(rules.newsletter.sections):
        pool = [ranked for ranked in wanted[position] if ranked.candidate.id not in taken]
        places = list(enumerate(sorted(pool, key=order), 1))
        most = rules.newsletter.limit(section)
        one = Filled(settings=section, pool=len(pool), stories=places[:most])
        taken.update(ranked.candidate.id for _, ranked in one.stories)
        limit = _limit(section, rules)
        one.surplus = [Surplus(place, ranked, limit) for place, ranked in places[most:]]
        filled.append(one)
    _tell_once(filled, taken)
    _cut(filled, rules)
    return filled


def arrange(filled: Iterable[Filled], rules: EditionRules) -> tuple[tuple[PlannedSection, ...], LeftOuts]:
    """Make a plan's sections; return separately what did not fit, except for the headlines that are listed."""
    sections: list[PlannedSection] = []
    left_out: LeftOuts = []
    for section in filled:
        listed, left = _overflowing(section, rules)
        left_out += left
        chosen = tuple(_chosen(place, ranked, section, rules) for place, ranked in section.stories)
        if chosen or listed:
            title = section.settings.title
            sections.append(PlannedSection(title=title, articles=chosen, listed=tuple(listed)))
    return in_order(sections, rules.newsletter), left_out


def _by_section(stories: Iterable[Story], rules: EditionRules) -> dict[int, list[Ranked]]:
    """Score each story for every section that may take it, where two sources serve one section for the first."""
    wanted: dict[int, list[Ranked]] = defaultdict(list)
    scales: dict[Place, Scale] = {}
    for story in stories:
        before = None
        for place in story.leader.places:
            if place.position != before:
                rank = scales.get(place) or scales.setdefault(place, scale(place, rules))
                wanted[place.position].append(rank(story))
            before = place.position
    return wanted


def _limit(section: SectionSettings, rules: EditionRules) -> str:
    most = rules.newsletter.limit(section)
    return f"{the(section)} takes {most} article{'s' if most > 1 else ''}"


def _tell_once(filled: Iterable[Filled], taken: Iterable[int]) -> None:
    """Leave what did not fit to the first section that wanted it, and to none if a later one took it."""
    known = set(taken)
    for section in filled:
        section.surplus = [one for one in section.surplus if one.story.candidate.id not in known]
        known.update(one.story.candidate.id for one in section.surplus)


def _cut(filled: Sequence[Filled], rules: EditionRules) -> None:
    """Take out the least stories beyond the newsletter's limit, the best of each section last of all."""
    most = rules.newsletter.max_articles
    everything = [item for section in filled for item in enumerate(section.stories)]
    everything.sort(key=lambda item: (item[0] > 0, order(item[1][1])))
    cut = {ranked.candidate.id for _, (_, ranked) in everything[most:]}
    limit = f"the newsletter takes {most} article{'s' if most > 1 else ''}"
    for section in filled:
        out = [Surplus(place, one, limit) for place, one in section.stories if one.candidate.id in cut]
        section.surplus = [*out, *section.surplus]
        section.stories = [story for story in section.stories if story[1].candidate.id not in cut]


def _overflowing(section: Filled, rules: EditionRules) -> tuple[list[Chosen], LeftOuts]:
    """Return the headlines to be listed below a section, and what is left out of it altogether."""
    overflow = section.settings.overflow or rules.newsletter.overflow
    listed = [
        _listed(one, section, rules) for one in section.surplus[: MAX_LISTED if overflow == "list" else 0]
    ]
    rest = section.surplus[len(listed) :]
    becomes: Overflow = "carry" if overflow == "list" else overflow
    fate = "it may run next time" if becomes == "carry" else "what does not fit is dropped"
    left_out = [
        LeftOut(
            candidate=one.story.candidate,
            why=f"left out: {_below(one, section)}: {fate}; {why(one.story, rules)}",
            settled=becomes == "drop",
            overflow=becomes,
        )
        for one in rest
    ]
    return listed, left_out


def _below(one: Surplus, section: Filled) -> str:
    return f"{one.limit}, this ranked {one.place} of {section.pool}"


def _listed(one: Surplus, section: Filled, rules: EditionRules) -> Chosen:
    return Chosen(
        candidate=one.story.candidate,
        rank=0,
        why=f"its headline is listed: {_below(one, section)}; {why(one.story, rules)}",
        place=one.place,
        score=one.story.score,
    )


def _chosen(place: int, ranked: Ranked, section: Filled, rules: EditionRules) -> Chosen:
    candidate = ranked.candidate
    is_update = candidate.mailed_at is not None
    news = "new since the last edition"
    if is_update:
        news = "updated since it was mailed"
    elif candidate.passed_over:
        news = "did not fit before"
    where = f"ranked {place} of {section.pool} in {the(section.settings)}"
    return Chosen(
        candidate=candidate,
        rank=0,
        why=f"{news}; {where}: {why(ranked, rules)}",
        also_in=ranked.story.also_in,
        updated=is_update,
        place=place,
        score=ranked.score,
        pin=ranked.story.leader.pin,
        pictured=candidate.has_image,
    )
