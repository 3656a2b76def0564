"""The way from candidates to a plan, step by step; each step parts off what it leaves out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from digest.collector import resting
from digest.model import Candidate, LeftOut, Plan, PlannedSection
from digest.schedule import Slot
from digest.selection.desk import open_desk
from digest.selection.filters import apply_filters
from digest.selection.problems import noteworthy
from digest.selection.same_story import merge
from digest.selection.sections import arrange, fill
from digest.selection.window import admit, cap_first_contact
from digest.settings import Newsletter


@resting()
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
    desk = open_desk(newsletter, now)
    entries, barred = admit(candidates, desk)
    wanted, unwanted, slow = apply_filters(entries)
    current, archive = cap_first_contact(wanted, desk)
    stories, doubles = merge(current, [one.candidate for one in barred if one.candidate.mailed_at], desk)
    sections, surplus = arrange(fill(stories, desk), desk)

    def by_age(left: LeftOut) -> tuple[float, str, int]:
        """Return what puts candidates in order whatever order they came in, the newest first."""
        candidate = left.candidate
        return -candidate.out_at(desk.zone).timestamp(), candidate.article.url, candidate.id

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
        problems=(*problems, *slow, *noteworthy(refused, stories, desk)),
        skip=_skip(sections, newsletter),
    )


def _skip(sections: Sequence[PlannedSection], newsletter: Newsletter) -> str:
    """Say why no mail goes out, "" if one does."""
    count = sum(len(section.articles) for section in sections)
    if count >= newsletter.min_articles:
        return ""
    if not count:
        return "nothing new since the last edition"
    articles = "1 new article" if count == 1 else f"{count} new articles"
    return f"only {articles}, and min_articles is {newsletter.min_articles}: they wait for the next edition"
