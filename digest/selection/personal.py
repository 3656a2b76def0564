"""What an edition is for a reader who chose sections, and the round-up for one who reads weekly; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from digest.model import Carried, Chosen, LeftOut, Plan, PlannedSection
from digest.selection.lead import in_order
from digest.settings import Newsletter

NOTHING_CHOSEN = "nothing new in the sections that the reader chose"
NOTHING_NEW = "nothing that the reader has not had"
NO_SECTION = "none of the sections that the reader chose is left in the newsletter"


def restricted(plan: Plan, sections: Collection[str], newsletter: Newsletter) -> Plan:
    """Return a plan with these sections only; its first story leads, and one without any says why."""
    kept = [section for section in plan.sections if section.title in sections]
    others = [section for section in plan.sections if section.title not in sections]
    unwanted = [
        LeftOut(
            candidate=chosen.candidate,
            why=f"left out: the reader did not choose {section.title or 'its section'}",
        )
        for section in others
        for chosen in (*section.articles, *section.listed)
    ]
    skip = plan.skip
    if not skip and others and not any(section.articles for section in kept):
        skip = NOTHING_CHOSEN if known(sections, newsletter) else NO_SECTION
    return replace(
        plan,
        sections=in_order(kept, newsletter),
        left_out=(*plan.left_out, *unwanted),
        skip=skip,
    )


def known(sections: Collection[str], newsletter: Newsletter) -> bool:
    """Tell whether a newsletter still has any of these sections."""
    return any(section.title in sections for section in newsletter.sections)


def round_up(
    plan: Plan,
    carried: Iterable[Carried],
    newsletter: Newsletter,
    *,
    since: int,
    this_week: Collection[int] = (),
    sections: Collection[str] | None = None,
) -> Plan:
    """Return the best of the editions since the one that a reader had last, by rank, with what `plan` brings.

    For a reader who has had none lately (`since` is 0) it is the best of `this_week`. A story that any edition up to
    `since` carried is not in it. Fewer stories than the newsletter's minimum wait for the next round-up.
    """
    stories = (
        {}
        if plan.skip
        else {
            chosen.candidate.id: (section.title, 0, chosen)
            for section in plan.sections
            for chosen in section.articles
        }
    )
    known_before = set[int]()
    for one in carried:
        id_ = one.chosen.candidate.id
        if since and one.first <= since:
            known_before.add(id_)
        elif one.edition > since and (since or one.edition in this_week):
            stories.setdefault(id_, (one.section, one.edition, one.chosen))
    by_section: defaultdict[str, list[Chosen]] = defaultdict(list)
    ranked = sorted(
        (found for id_, found in stories.items() if id_ not in known_before),
        key=lambda found: (found[2].rank, found[1] != 0, -found[1]),
    )
    room = newsletter.max_articles
    for place, (title, edition, chosen) in enumerate(ranked, 1):
        section = next((one for one in newsletter.sections if one.title == title), None)
        if section is None or (sections is not None and title not in sections):
            continue
        if room and len(by_section[title]) < newsletter.limit(section):
            by_section[title].append(_in_round_up(chosen, place, new=not edition))
            room -= 1
    planned = [
        PlannedSection(title=one.title, articles=tuple(by_section.pop(one.title)))
        for one in newsletter.sections
        if one.title in by_section
    ]
    found = in_order(planned, newsletter)
    count = sum(len(section.articles) for section in found)
    return replace(plan, sections=found, left_out=(), skip=_too_few(count, sections, newsletter))


def _in_round_up(chosen: Chosen, place: int, *, new: bool) -> Chosen:
    why = chosen.why if new else f"of an edition this week, where it ranked {chosen.rank}"
    return replace(chosen, score=-float(place), place=place, pin=None, why=why)


def _too_few(count: int, sections: Collection[str] | None, newsletter: Newsletter) -> str:
    if not count:
        if sections is not None and not known(sections, newsletter):
            return NO_SECTION
        return NOTHING_NEW
    if count >= newsletter.min_articles:
        return ""
    articles = "1 article" if count == 1 else f"{count} articles"
    return f"only {articles} for the round-up, and min_articles is {newsletter.min_articles}: they wait for the next"
