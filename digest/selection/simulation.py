"""The editions of many slots, one after the other, as they come out of the articles at hand; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from digest.model import REMEMBERED, Candidate, Plan
from digest.schedule import Slot
from digest.selection.choice import select
from digest.settings import Newsletter


def simulate(candidates: Iterable[Candidate], newsletter: Newsletter, slots: Iterable[Slot]) -> list[Plan]:
    """Choose for each slot from what had been published by then; an edition that is made settles what it considered."""
    waiting = {candidate.id: candidate for candidate in candidates}
    plans = []
    zone = ZoneInfo(newsletter.timezone)
    for slot in slots:
        at_hand = [candidate for candidate in waiting.values() if _seen(candidate, zone) <= slot.due]
        plan = select(at_hand, newsletter, slot=slot, now=slot.due)
        plans.append(plan)
        if not plan.skip:
            _settle(waiting, plan)
    return plans


def _seen(candidate: Candidate, zone: tzinfo) -> datetime:
    """Return when a source had an article, as well as that can be told now."""
    return min(candidate.first_seen, candidate.out_at(zone))


def _settle(waiting: dict[int, Candidate], plan: Plan) -> None:
    """Take out of `waiting` what an edition has settled; what it carried stays a while, to be known again."""
    for left_out in plan.left_out:
        candidate = left_out.candidate
        mailed = candidate.mailed_at
        if left_out.settled and not (mailed and plan.due - mailed <= REMEMBERED):
            del waiting[candidate.id]
    for chosen in plan.chosen:
        waiting[chosen.candidate.id] = replace(chosen.candidate, mailed_at=plan.due)
