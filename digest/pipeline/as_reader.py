"""What one reader would get, by what that reader has chosen; nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from digest.model import Carried, Frequency, Plan, Recipient, Wishes
from digest.pipeline.enrich import complete, rules
from digest.pipeline.rehearsal import Proof
from digest.pipeline.variants import Basis, basis
from digest.schedule.personal import is_last_of_week, week_of
from digest.schedule.slots import Slot
from digest.settings import Newsletter
from digest.store.editions import editions, plans
from digest.store.editions.personal import choices, variants
from digest.store.people import wishes as wish_store
from digest.tools import Tools

READS_WEEKLY = "the reader gets one round-up a week, with the week's last slot"

_FIRST_SIMULATED = 1 << 60  # ids of editions that are simulated are above all real ones


async def as_reader(proof: Proof, reader: Recipient, tools: Tools) -> Proof:
    """Return what a reader would get of a proof; its mail is not set yet."""
    wishes = await _wishes(reader, tools)
    made_from = await basis(proof.newsletter, proof.plan, tools, tools.db)
    since = 0
    if wishes.frequency is Frequency.WEEKLY:
        async with tools.db.connect() as conn:
            since = await choices.last_had_by(conn, reader.subscription_id, made_from.recent)
    plan = _by_wishes(made_from, wishes, since, proof.now)
    if wishes.frequency is Frequency.WEEKLY and not plan.skip:
        plan = await complete(plan, proof.newsletter, tools, keep=False, made=True)
    return replace(proof, plan=plan, mail=None)


async def received(proof: Proof, reader: Recipient, tools: Tools) -> Proof | None:
    """Return the newest edition that a reader has had or may get yet, as that reader got it; None if there is none."""
    async with tools.db.connect() as conn:
        last = await variants.last_had_by(conn, proof.newsletter.name, reader.reader_id)
    edition = await editions.get(tools.db, last[0]) if last else None
    if edition is None or last is None:
        return None
    variant = (await variants.of_edition(tools.db, edition.id)).get(last[1] or 0)
    if variant:
        plan = await plans.of_variant(tools.db, edition, variant, proof.newsletter)
    else:
        plan = await plans.of_edition(tools.db, edition, proof.newsletter)
    plan = await complete(plan, proof.newsletter, tools, keep=False, made=True)
    mail = variant.mail if variant else edition.mail
    return replace(proof, slot=Slot(plan.due, edition.slot), plan=plan, mail=mail)


async def simulated(
    newsletter: Newsletter, coming: Sequence[Plan], reader: Recipient, tools: Tools
) -> list[Plan]:
    """Return what a reader would get of simulated editions, one after the other."""
    wishes, chooser = await _wishes(reader, tools), rules(newsletter, tools)
    async with tools.db.connect() as conn:
        recent = await choices.recent_editions(conn, newsletter.name, tools.clock())
        since = await choices.last_had_by(conn, reader.subscription_id, [id_ for id_, _ in recent])
    carried = await plans.carried(tools.db, [id_ for id_, _ in recent], newsletter)
    slots, found = dict(recent), list[Plan]()
    for number, plan in enumerate(coming, _FIRST_SIMULATED):
        slot = Slot(plan.due, plan.slot)
        first_day = week_of(slot, newsletter.weekly_on)[0].isoformat()
        made_from = Basis(
            newsletter=chooser,
            plan=plan,
            round_up=is_last_of_week(newsletter, slot, newsletter.weekly_on),
            this_week=tuple(id_ for id_, text in slots.items() if text >= first_day),
            carried=carried,
        )
        found.append(_by_wishes(made_from, wishes, since, plan.due))
        if not found[-1].skip:
            since = number
        if not plan.skip:
            slots[number] = plan.slot
            carried = [*carried, *_carried_by(plan, number)]
    return found


async def _wishes(reader: Recipient, tools: Tools) -> Wishes:
    async with tools.db.connect() as conn:
        return await wish_store.read(conn, reader.subscription_id) or Wishes()


def _by_wishes(made_from: Basis, wishes: Wishes, since: int, now: datetime) -> Plan:
    """Return the plan of a reader's edition, with the reason where that reader gets none."""
    if wishes.paused_until and wishes.paused_until > now:
        skip = f"the reader has paused it until {wishes.paused_until:%Y-%m-%d %H:%M} UTC"
        return replace(made_from.plan, sections=(), skip=skip)
    if wishes.frequency is not Frequency.WEEKLY:
        return made_from.of(wishes.sections, None)
    if not made_from.round_up:
        return replace(made_from.plan, sections=(), skip=READS_WEEKLY)
    return made_from.of(wishes.sections, since)


def _carried_by(plan: Plan, number: int) -> list[Carried]:
    return [
        Carried(edition=number, first=number, section=section.title, chosen=chosen)
        for section in plan.sections
        for chosen in section.articles
    ]
