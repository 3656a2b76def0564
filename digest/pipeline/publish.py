"""The program: the way of the data on one page.

    slot due -> fetch sources -> select articles -> set the edition -> open it (one delivery row per reader)
             -> deliver: claim a batch -> build bytes -> send -> record, until nothing is left

Every step may be repeated by any process at any time: the database decides who makes an edition and who sends a mail.
A preview takes the same way inside a transaction that is rolled back: see `rehearsal`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest import delivery
from digest.delivery import Hooks, Policy, Progress, Report
from digest.errors import SenderBroken
from digest.gathering import fetch_once
from digest.gathering.leasing import alone
from digest.gathering.visits import Visit, collect
from digest.model import Candidate, Edition, EditionStatus, Plan, Tally
from digest.model.amounts import format_duration, spoken
from digest.pipeline.enrich import complete, rules
from digest.pipeline.open_edition import open_edition
from digest.pipeline.personalise import copies
from digest.pipeline.set_mail import set_mail
from digest.pipeline.variants import prepare
from digest.schedule.slots import Slot, is_late
from digest.selection import select
from digest.settings import Newsletter, Settings, SourceSettings
from digest.store.content import candidates, leases, source_health
from digest.store.content import sources as source_store
from digest.store.content.source_health import Health
from digest.store.db.database import Database
from digest.store.editions import editions, restore_guard
from digest.telemetry import tracing
from digest.text import without_login
from digest.tools import Tools

_WAIT_FOR_DUE = timedelta(seconds=30)  # for deliveries that are not due yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of a slot: its edition, how its deliveries stand, whether this call sent any, and what was wrong."""

    edition: Edition
    tally: Tally
    delivered: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemakeWindow:
    """What a remake may choose from: the stories of the old edition, and what was known at the moment `at`.

    Stories that came in later are left to the next edition, because readers who had the old one would miss them. Taken
    all the same are those that are `pinned` (the keys of addresses), and all if the old edition has reached no reader.
    """

    at: datetime
    pinned: Collection[str] = ()
    reached: bool = True

    def takes(self, candidate: Candidate) -> bool:
        return not self.reached or candidate.first_seen <= self.at or candidate.url_key in self.pinned


async def publish(
    newsletter: Newsletter,
    slot: Slot,
    tools: Tools,
    *,
    by_hand: bool = False,
    stop: asyncio.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Published:
    """Make the edition of a slot unless it exists, and send it to the readers who have not got it yet."""
    edition, _ = await make(newsletter, slot, tools, by_hand=by_hand)
    if edition.status is not EditionStatus.SENDING:
        return Published(edition=edition, tally=await editions.tally(tools.db, edition.id), delivered=False)
    try:
        report = await deliver(tools, edition_id=edition.id, stop=stop, progress=progress)
    except SenderBroken as error:  # told with the edition that waits for it
        report = Report(problems=tuple(str(error).splitlines()))
    edition = await editions.by_name(tools.db, edition.name)
    tally = await editions.tally(tools.db, edition.id)
    problems = (*report.events, *report.problems)
    return Published(edition=edition, tally=tally, delivered=True, problems=problems)


async def make(
    newsletter: Newsletter, slot: Slot, tools: Tools, *, by_hand: bool = False
) -> tuple[Edition, bool]:
    """Make the edition of a slot exactly once; return it and whether this call made it.

    `by_hand` is an editor who wants it now: lateness does not matter, and a skipped edition is tried again.
    """
    known = await editions.find(tools.db, newsletter.name, slot.text)
    if known and not (by_hand and known.status.skipped):
        return known, False
    async with alone(tools.db, leases.of_making(newsletter.name, slot.text)):
        with tracing.span("make", newsletter=newsletter.name):
            return await _make(newsletter, slot, tools, by_hand=by_hand)


async def _make(newsletter: Newsletter, slot: Slot, tools: Tools, *, by_hand: bool) -> tuple[Edition, bool]:
    known = await editions.find(tools.db, newsletter.name, slot.text)
    if known and not (by_hand and known.status.skipped):  # the process that was waited for has made it
        return known, False
    if not by_hand and (late := lateness(newsletter, slot, tools.clock())):
        made = await _skip_late(newsletter, slot, late, tools)
    else:
        await fetch(newsletter.sources, tools, urgent=True)
        plan = await complete(await choose(newsletter, slot, tools, tools.db), newsletter, tools)
        mail = await set_mail(plan, newsletter, tools)
        variants = await prepare(newsletter, plan, tools)
        made = await open_edition(newsletter, plan, mail, tools, by_hand=by_hand, variants=variants)
    if made:
        tools.measures.decided(made.newsletter, made.status.value, made.opened_at - made.due)
        return made, True
    winner = await editions.find(tools.db, newsletter.name, slot.text)  # another process was faster
    assert winner is not None
    return winner, False


async def fetch(sources: Sequence[SourceSettings], tools: Tools, *, urgent: bool = False) -> list[Visit]:
    """Visit sources and remember what they brought; a source that fails is a value among the visits.

    `urgent` also asks sources whose turn has not come: an edition must not miss the news of its hour because of an error
    of ten minutes ago. Sources that are gone for good are not asked.
    """
    return await fetch_once.fetch(sources, tools, urgent=urgent)


async def look(sources: Sequence[SourceSettings], tools: Tools, *, urgent: bool = False) -> list[Visit]:
    """Visit sources and remember nothing."""
    states = await source_store.states(tools.db, [source.key for source in sources])
    wanted = fetch_once.wish(sources, states, tools, urgent=urgent)
    return await collect(wanted, states, tools.http, tools.clock(), force=urgent)


async def remember(visits: Sequence[Visit], db: Database, now: datetime) -> None:
    """Write down what visits brought: articles, and how their sources are."""
    await source_store.record(db, visits, now)


async def choose(
    newsletter: Newsletter,
    slot: Slot,
    tools: Tools,
    db: Database,
    *,
    as_of: datetime | None = None,
    remake: RemakeWindow | None = None,
) -> Plan:
    """Choose from what is stored now, or was stored `as_of` a moment, or for a `remake`; the plan gives every reason."""
    now = tools.clock()
    sources = await source_health.health(db, [source.key for source in newsletter.sources], now)
    problems = [source.problem for source in sources if source.problem]
    found = await candidates.load(db, newsletter, now, as_of=as_of, remade_slot=slot.text if remake else None)
    if remake:
        found, now = [one for one in found if remake.takes(one)], remake.at
    # In a thread, here and where the mail is set, so that the pages answer meanwhile.
    chooser = rules(newsletter, tools)
    plan = await asyncio.to_thread(select, found, chooser, slot=slot, now=now, problems=problems)
    if not plan.chosen and (fault := _unreadable(newsletter, sources)):
        plan = replace(plan, skip=fault, problems=(*plan.problems, fault))
    elif not plan.chosen and not await editions.newest(db, newsletter.name):
        plan = replace(plan, skip="nothing new")  # there was no last edition
    return await candidates.completed(db, plan)


def _unreadable(newsletter: Newsletter, sources: Sequence[Health]) -> str:
    """Say why nothing can be read, "" where something can."""
    if not newsletter.sources:
        return f"{newsletter.name} has no source: add one to the configuration"
    failed = [
        f"{one.title or without_login(one.location)}: {one.last_error or one.disabled}"
        for one in sources
        if one.last_error or one.disabled
    ]
    none_left = len(failed) == len({source.key for source in newsletter.sources})
    return f"no source could be read: {'; '.join(failed[:3])}" if none_left else ""


async def deliver(
    tools: Tools,
    *,
    edition_id: int | None = None,
    stop: asyncio.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    tell: Callable[[Sequence[str]], None] | None = None,
) -> Report:
    """Send what is open and due: of one edition, or of all; any number of processes may do so at once.

    `tell` is called repeatedly with what is wrong at the moment.
    """
    watermark = tools.settings.database.mark
    faults: list[str] = []  # of the watermark, at the moment
    events = [await restore_guard.check(tools.db, watermark, tools.clock())]

    async def note() -> None:
        """Note that mails leave, unless the database was replaced by an older one meanwhile."""
        events.append(await restore_guard.check(tools.db, watermark, tools.clock()))
        if not events[-1]:
            faults[:] = filter(None, [await restore_guard.note(tools.db, watermark, tools.clock())])

    hooks = Hooks(
        clock=tools.clock,
        stop=stop or asyncio.Event(),
        progress=progress,
        note=note,
        tell=lambda problems: tell([*faults, *problems]) if tell else None,
        watch=tools.watch,
        doubt=tools.timekeeper.look,
        measures=tools.measures,
    )
    policy, make = _policy(tools.settings, edition_id), copies(tools)
    report = await delivery.deliver(tools.db, tools.routes, make, policy, hooks)
    events += report.events
    return replace(report, problems=(*faults, *report.problems), events=tuple(filter(None, events)))


def _policy(settings: Settings, edition_id: int | None) -> Policy:
    waits = [one.canary_wait for one in settings.newsletters if one.canary]
    wait = max(waits, default=timedelta(0)) + _WAIT_FOR_DUE
    hold = [one.name for one in settings.newsletters if one.on_unknown == "hold"]
    lease, attempts = settings.delivery.lease, settings.delivery.attempts
    return Policy(edition_id=edition_id, lease=lease, attempts=attempts, hold=hold, wait=wait)


def lateness(newsletter: Newsletter, slot: Slot, now: datetime) -> str:
    """Say how much too late it is for the edition of a slot, "" if it is not."""
    if not is_late(newsletter, slot, now):
        return ""
    return f"{spoken(now - slot.due)} late, and max_lateness is {format_duration(newsletter.max_lateness)}"


async def _skip_late(newsletter: Newsletter, slot: Slot, reason: str, tools: Tools) -> Edition | None:
    plan = Plan(newsletter=newsletter.name, slot=slot.text, due=slot.due, sections=())
    return await editions.skip(tools.db, plan, EditionStatus.SKIPPED_LATE, reason, tools.clock())
