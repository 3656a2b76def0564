"""What an edition needs when it opens: readers, a deadline, and who gets it before the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from digest.model import NO_VARIANTS, Edition, EditionStatus, Mail, Plan, Variants
from digest.readers import addresses
from digest.settings import Newsletter
from digest.store.editions import editions, restore_guard
from digest.store.editions.canaries import CanaryPlan
from digest.store.people import audience
from digest.tools import Tools


async def open_edition(
    newsletter: Newsletter,
    plan: Plan,
    mail: Mail | None,
    tools: Tools,
    *,
    by_hand: bool,
    variants: Variants = NO_VARIANTS,
) -> Edition | None:
    """Open the edition of a plan for its readers, or skip its slot and say why; None if the slot has one already.

    Where the slot has nothing new, and a round-up for those who read weekly, that is its edition.
    """
    now = tools.clock()
    mail = mail or variants.whole
    skip = "" if mail else plan.skip
    if lonely := await why_no_readers(newsletter, tools):
        skip = plan.skip or lonely
        plan = replace(plan, problems=plan.problems if plan.skip else (*plan.problems, lonely))
    if mail is None or skip:
        return await editions.skip(tools.db, plan, EditionStatus.SKIPPED_EMPTY, skip, now, by_hand=by_hand)
    await restore_guard.check(tools.db, tools.settings.database.mark, now)
    first, strangers = await first_readers(newsletter, tools)
    plan = replace(plan, problems=(*plan.problems, *strangers, *variants.problems))
    return await editions.open(
        tools.db,
        plan,
        mail,
        now,
        deadline=deadline_of(plan, variants, now, tools),
        by_hand=by_hand,
        first=first,
        variants=variants,
    )


def deadline_of(plan: Plan, variants: Variants, now: datetime, tools: Tools) -> datetime:
    """Return until when an edition is sent: as long after the last reader's hour as otherwise after its slot."""
    return max(plan.due, now, *variants.hours.values()) + tools.settings.delivery.deadline


async def first_readers(newsletter: Newsletter, tools: Tools) -> tuple[CanaryPlan | None, list[str]]:
    """Return who gets an edition before the others, and what is wrong with the seeds."""
    if not (newsletter.canary or newsletter.seeds):
        return None, []
    keys, strangers = [], []
    for seed in newsletter.seeds:
        key = _key(seed)
        if await audience.member(tools.db, newsletter.name, key):
            keys.append(key)
        else:
            strangers.append(
                f"{seed} is among the seeds of {newsletter.name}, but does not subscribe to it: no copy goes there"
            )
    every = 1
    if newsletter.canary:
        every = newsletter.canary.every(await audience.size(tools.db, newsletter.name))
    return CanaryPlan(every=every, wait=newsletter.canary_wait, seeds=keys), strangers


def _key(seed: str) -> str:
    try:
        return addresses.parse_mailbox(seed)[1].key
    except ValueError:
        return ""  # which no reader has


async def why_no_readers(newsletter: Newsletter, tools: Tools) -> str:
    """Say that an edition has no readers yet, "" if it has; its articles wait for the first ones."""
    if await audience.exists(tools.db, newsletter.name):
        return ""
    add = f"digest subscribers add you@example.org --newsletter {newsletter.name}"
    return f'it has no confirmed subscriber yet; the articles wait. Add a reader: "{add}"'
