"""The editions of many slots, one after the other, as they come out of the articles at hand; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from zoneinfo import ZoneInfo

from digest.model import Candidate, Plan
from digest.schedule.slots import Slot
from digest.selection.choice import select
from digest.settings import Newsletter


def simulate(candidates: Iterable[Candidate], newsletter: Newsletter, slots: Iterable[Slot]) -> list[Plan]:
    """Choose for each slot from what had been published by then; an edition that is made settles what it considered."""
    zone = ZoneInfo(newsletter.timezone)
    waiting = {candidate.id: _as_then(candidate, zone) for candidate in candidates}
    plans = []
    for slot in slots:
        at_hand = [candidate for candidate in waiting.values() if candidate.first_seen <= slot.due]
        plan = select(at_hand, newsletter, slot=slot, now=slot.due)
        plans.append(plan)
        if not plan.skip:
            _settle(waiting, plan, newsletter)
    return plans


def _as_then(candidate: Candidate, zone: tzinfo) -> Candidate:
    """Return a candidate as a visit would have found it when its source had it, as well as that can be told now."""
    seen = min(candidate.first_seen, candidate.out_at(zone))
    is_unchanged = candidate.last_changed == candidate.first_seen
    return replace(candidate, first_seen=seen, last_changed=seen if is_unchanged else candidate.last_changed)


def _settle(waiting: dict[int, Candidate], plan: Plan, newsletter: Newsletter) -> None:
    """Take out of `waiting` what an edition has settled; what it carried stays a while, to be known again."""
    for left_out in plan.left_out:
        candidate = left_out.candidate
        mailed = candidate.mailed_at
        if left_out.overflow == "carry":
            waiting[candidate.id] = replace(candidate, passed_over=candidate.passed_over + 1)
        elif left_out.settled and not (mailed and plan.due - mailed <= newsletter.remembered):
            del waiting[candidate.id]
    for chosen in (*plan.chosen, *plan.listed):
        waiting[chosen.candidate.id] = replace(chosen.candidate, mailed_at=plan.due)
