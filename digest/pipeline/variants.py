"""Prepare what an edition is for readers with choices: each distinct one is planned and set once, before it opens.

Readers whose selections leave the same sections of this edition share a variant; where that is all of them, they get
the edition's own mail. On the last slot of the week, those who read weekly get the best of what they have not had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.model import Carried, Mail, Plan, Variant, Variants, Wanted
from digest.pipeline.enrich import complete, rules
from digest.pipeline.set_mail import set_mail
from digest.schedule.personal import is_last_of_week, next_hour, week_of
from digest.schedule.slots import Slot
from digest.selection.personal import NO_SECTION, restricted, round_up
from digest.settings import Newsletter
from digest.store.db.database import Database
from digest.store.editions import plans
from digest.store.editions.personal import choices
from digest.tools import Tools

_SET_AT_ONCE = 4  # mails that are set at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the variants of an edition are made from: its plan, and for a round-up what earlier editions carried."""

    newsletter: Newsletter
    plan: Plan
    round_up: bool
    recent: tuple[int, ...] = ()  # ids of the editions that a round-up looks back on
    this_week: tuple[int, ...] = ()
    carried: Sequence[Carried] = ()

    def of(self, sections: tuple[str, ...] | None, since: int | None) -> Plan:
        """Return the plan for readers who chose these sections, and had the edition `since` last if they read weekly."""
        if since is None:
            return self.plan if sections is None else restricted(self.plan, sections, self.newsletter)
        return round_up(
            self.plan,
            self.carried,
            self.newsletter,
            since=since,
            this_week=self.this_week,
            sections=sections,
        )


async def basis(
    newsletter: Newsletter, plan: Plan, tools: Tools, db: Database, *, instead_of: int | None = None
) -> Basis:
    """Return what variants are made from; `instead_of` is the edition whose place this one takes."""
    slot, chooser = Slot(plan.due, plan.slot), rules(newsletter, tools)
    if not is_last_of_week(newsletter, slot, newsletter.weekly_on):
        return Basis(newsletter=chooser, plan=plan, round_up=False)
    async with db.connect() as conn:
        recent = await choices.recent_editions(conn, newsletter.name, tools.clock(), but=instead_of)
    first_day = week_of(slot, newsletter.weekly_on)[0].isoformat()
    return Basis(
        newsletter=chooser,
        plan=plan,
        round_up=True,
        recent=tuple(id_ for id_, _ in recent),
        this_week=tuple(id_ for id_, of_slot in recent if of_slot >= first_day),
        carried=await plans.carried(db, [id_ for id_, _ in recent], newsletter),
    )


async def prepare(
    newsletter: Newsletter,
    plan: Plan,
    tools: Tools,
    *,
    instead_of: int | None = None,
    keep: bool = True,
) -> Variants:
    """Plan and set what the readers with choices get of an edition; costs a look where there are none."""
    now = tools.clock()
    made_from = await basis(newsletter, plan, tools, tools.db, instead_of=instead_of)
    async with tools.db.connect() as conn:
        chosen = await choices.of_readers(
            conn, newsletter.name, now, weekly=made_from.round_up, recent=made_from.recent
        )
    making = _Making(made_from, tools, keep=keep)
    limit = asyncio.Semaphore(_SET_AT_ONCE)
    for wanted, _ in chosen.wanted:
        if wanted.since is not None or not plan.skip:
            making.plan(wanted)
    await making.set_all(limit)
    whole = None
    if plan.skip and any(one.mail for one in making.made()):
        whole = await making.mail_of(made_from.of(None, 0), round_up=True)
    lost = sum(n for wanted, n in chosen.wanted if making.reason(wanted) == NO_SECTION)
    return Variants(
        all=tuple(making.made()),
        wanted=making.numbers,
        hours=_hours(chosen.hours, newsletter, plan.due),
        recent=made_from.recent,
        round_up=made_from.round_up,
        readers={wanted: n for wanted, n in chosen.wanted if wanted in making.numbers},
        whole=whole,
        problems=(_lost(lost, newsletter),) if lost else (),
    )


def _lost(count: int, newsletter: Newsletter) -> str:
    readers = "1 reader" if count == 1 else f"{count} readers"
    return (
        f"{readers} chose only sections that {newsletter.name} no longer has, and get nothing: "
        "give a section its old title back, or ask them to choose again"
    )


class _Making:
    """The variants of one edition, while they are made."""

    def __init__(self, made_from: Basis, tools: Tools, *, keep: bool) -> None:
        self.numbers: dict[Wanted, int | None] = {}
        self._basis, self._tools, self._keep = made_from, tools, keep
        self._alike: dict[tuple[object, ...], int | None] = {}
        self._planned: list[_Planned] = []

    def plan(self, wanted: Wanted) -> None:
        """Give readers who chose so their number, with those whose edition is the same."""
        sections = choices.sections_of(wanted)
        plan = self._basis.of(sections, wanted.since)
        alike = (wanted.since is None, plan.skip, *(_stories(plan)))
        own = self._basis.plan
        if wanted.since is None and not plan.skip and _stories(plan) == _stories(own):
            self._alike.setdefault(alike, None)
        if alike not in self._alike:
            self._planned.append(_Planned(sections, wanted.since, plan))
            self._alike[alike] = len(self._planned)
        self.numbers[wanted] = self._alike[alike]

    async def set_all(self, limit: asyncio.Semaphore) -> None:
        """Set the mails of all that were planned."""

        async def one(planned: _Planned) -> None:
            async with limit:
                planned.mail = await self.mail_of(planned.plan, round_up=planned.since is not None)

        await asyncio.gather(*map(one, self._planned))

    async def mail_of(self, plan: Plan, *, round_up: bool) -> Mail | None:
        """Set one mail; a round-up has stories whose pictures were looked at for another edition."""
        newsletter = self._tools.settings.newsletter(self._basis.newsletter.name)
        if round_up and not plan.skip:
            plan = await complete(plan, newsletter, self._tools, keep=self._keep, made=True)
        return await set_mail(plan, newsletter, self._tools)

    def made(self) -> list[Variant]:
        return [
            Variant(
                number=number,
                sections=one.sections,
                since=one.since,
                mail=one.mail,
                stories=() if one.mail is None else tuple(c.candidate.id for c in one.plan.chosen),
                reason=one.plan.skip,
            )
            for number, one in enumerate(self._planned, 1)
        ]

    def reason(self, wanted: Wanted) -> str:
        """Return why readers who chose so get nothing, "" if they get something."""
        number = self.numbers.get(wanted)
        return "" if number is None else self._planned[number - 1].plan.skip


@dataclass(slots=True)
class _Planned:
    sections: tuple[str, ...] | None
    since: int | None
    plan: Plan
    mail: Mail | None = field(default=None)


def _stories(plan: Plan) -> tuple[tuple[int, ...], ...]:
    return tuple(
        tuple(chosen.candidate.id for chosen in (*section.articles, *section.listed))
        for section in plan.sections
    )


def _hours(
    wanted: Sequence[tuple[str, int]], newsletter: Newsletter, due: datetime
) -> dict[tuple[str, int], datetime]:
    return {(zone, hour): next_hour(hour, time_zone(zone, newsletter), due) for zone, hour in wanted}


def time_zone(name: str, newsletter: Newsletter) -> str:
    """Return a reader's time zone; the newsletter's where there is none, or none of that name any more."""
    try:
        return ZoneInfo(name).key if name else newsletter.timezone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return newsletter.timezone
