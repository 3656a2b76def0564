"""The way from candidates to a plan, step by step; each step returns what it leaves out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from digest.gc_tuning import gc_paused
from digest.model import Candidate, LeftOut, Plan, PlannedSection
from digest.schedule.slots import Slot
from digest.selection.filters import apply_filters
from digest.selection.problems import noteworthy
from digest.selection.rules import LeftOuts, rules_of
from digest.selection.same_story import Story, merge
from digest.selection.sections import arrange, fill
from digest.selection.window import admit, cap_first_contact
from digest.settings import Newsletter


@gc_paused()
def select(
    candidates: Iterable[Candidate],
    newsletter: Newsletter,
    *,
    slot: Slot,
    now: datetime,
    problems: Sequence[str] = (),
) -> Plan:
    """Choose and order the articles of one edition; every candidate is either chosen or left out, and says why.

    The outcome depends on the values alone, not on their order. `problems` are passed through, with those found here.
    """
    rules = rules_of(newsletter, now)
    entries, barred = admit(candidates, rules)
    wanted, unwanted, slow = apply_filters(entries)
    current, archive = cap_first_contact(wanted, rules)
    stories, doubles = merge(current, [one.candidate for one in barred if one.candidate.mailed_at], rules)
    sections, surplus = arrange(fill(stories, rules), rules)
    doubles = _with_their_leaders(doubles, stories, surplus)

    def by_age(left: LeftOut) -> tuple[float, str, int]:
        """Return the key that sorts candidates, the newest first, independent of the order in which they came."""
        candidate = left.candidate
        return -candidate.out_at(rules.zone).timestamp(), candidate.article.url, candidate.id

    refused = [
        *surplus,
        *(one for step in (doubles, unwanted, archive, barred) for one in sorted(step, key=by_age)),
    ]
    return Plan(
        newsletter=newsletter.name,
        slot=slot.text,
        due=slot.due,
        sections=sections,
        left_out=tuple(refused),
        problems=(*problems, *slow, *noteworthy(refused, stories, rules)),
        skip=_skip(sections, newsletter),
    )


def _with_their_leaders(doubles: LeftOuts, stories: Iterable[Story], surplus: LeftOuts) -> LeftOuts:
    """Let the other versions of a story that is carried over wait with it: the one that leads may be gone by then."""
    carried = {left.candidate.id for left in surplus if left.overflow == "carry"}
    waiting = {
        other.candidate.id
        for story in stories
        if story.leader.candidate.id in carried
        for other in story.others
    }
    return [replace(one, settled=one.settled and one.candidate.id not in waiting) for one in doubles]


def _skip(sections: Sequence[PlannedSection], newsletter: Newsletter) -> str:
    """Say why no mail goes out, "" if one does."""
    count = sum(len(section.articles) for section in sections)
    if count >= newsletter.min_articles:
        return ""
    if not count:
        return "nothing new since the last edition"
    articles = "1 new article" if count == 1 else f"{count} new articles"
    return f"only {articles}, and min_articles is {newsletter.min_articles}: they wait for the next edition"
