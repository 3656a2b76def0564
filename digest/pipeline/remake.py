"""Remake an edition that was wrong, for the readers who have not got it.

The old one is paused first, so that no further reader gets it while the new one is made. A process that is killed on the
way leaves it paused, and the same call goes on from there.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from digest.delivery.liveness import LivenessTracker
from digest.errors import UsageError
from digest.model import Edition, EditionStatus, Mail, Plan, Variants
from digest.pipeline import publish
from digest.pipeline.enrich import complete
from digest.pipeline.open_edition import deadline_of, first_readers
from digest.pipeline.publish import RemakeWindow
from digest.pipeline.set_mail import set_mail
from digest.pipeline.variants import prepare
from digest.schedule.slots import Slot
from digest.settings import Newsletter
from digest.store.db.database import Database
from digest.store.editions import editions, lifecycle, remakes, restore_guard
from digest.store.editions.remakes import InHand, Reach
from digest.text import url_key
from digest.tools import Tools

_POLL_SECONDS = 0.3  # seconds between two looks at what is being handed over
_LEASE_MARGIN = timedelta(seconds=30)  # beyond the lease, for the process that holds it to come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """What would be, or was, made in an edition's place: its plan, its mail, and whom it reaches."""

    plan: Plan
    mail: Mail
    reach: Reach
    variants: Variants


def refuse_what_cannot(old: Edition) -> None:
    """Raise UsageError for an edition that cannot be remade."""
    if old.status.skipped:
        raise UsageError(
            f'{old.name} is {old.status.value}: no mail was made. "digest send" tries its slot again'
        )
    if old.remade_as:
        raise UsageError(
            f"{old.name} was remade already, as {old.remade_as}: name that one to remake it once more"
        )


async def rehearse(newsletter: Newsletter, old: Edition, tools: Tools) -> Remade:
    """Return what `remake` would make now; nothing changes."""
    visits = await publish.look(newsletter.sources, tools, urgent=True)
    async with tools.db.rehearsal() as db:
        await publish.remember(visits, db, tools.clock())
        plan = await _choose(newsletter, old, tools, db)
    return await _set(plan, newsletter, old, tools, keep=False)


async def remake(newsletter: Newsletter, old: Edition, tools: Tools) -> Edition:
    """Make an edition in the place of `old`; it is opened and not sent yet.

    Raises UsageError if there is no reader or no story for it, or another process was faster.
    """
    if old.status is EditionStatus.SENDING:
        await _pause(old, tools)
    await publish.fetch(newsletter.sources, tools, urgent=True)
    made = await _set(await _choose(newsletter, old, tools, tools.db), newsletter, old, tools, keep=True)
    await restore_guard.check(tools.db, tools.settings.database.mark, tools.clock())
    until = time.monotonic() + (tools.settings.delivery.lease + _LEASE_MARGIN).total_seconds()
    watch = LivenessTracker(tools.settings.delivery.lease.total_seconds())
    while True:
        try:
            return await _take_place(newsletter, old, made, tools)
        except InHand:
            if time.monotonic() > until:
                raise UsageError(
                    f"mails of {old.name} are being handed over still; it stays paused. Try again in some minutes"
                ) from None
        held = await remakes.holding(tools.db, old)
        gone = {holder.owner for holder in watch.gone(held, "", time.monotonic())}
        await remakes.take_back(tools.db, old, gone, tools.clock())
        await asyncio.sleep(_POLL_SECONDS)


async def _pause(old: Edition, tools: Tools) -> None:
    reason = (
        f'it is being remade; if that was broken off, "digest editions remake {old.name}" goes on with it'
    )
    try:
        await lifecycle.set_status(tools.db, old.name, "pause", tools.clock(), reason=reason)
    except UsageError:  # it was finished, or paused, a moment ago
        refuse_what_cannot(await editions.by_name(tools.db, old.name))


async def _choose(newsletter: Newsletter, old: Edition, tools: Tools, db: Database) -> Plan:
    had = await remakes.reach(db, old)
    pinned = {url_key(url) for url in newsletter.pins}
    window = RemakeWindow(at=old.opened_at, pinned=pinned, reached=bool(had.had or had.in_hand))
    return await publish.choose(newsletter, Slot(old.due, old.slot), tools, db, remake=window)


async def _set(plan: Plan, newsletter: Newsletter, old: Edition, tools: Tools, *, keep: bool) -> Remade:
    plan = await complete(plan, newsletter, tools, keep=keep)
    variants = await prepare(newsletter, plan, tools, instead_of=old.id, keep=keep)
    mail = await set_mail(plan, newsletter, tools) or variants.whole
    reach = await remakes.reach(tools.db, old)
    if not (reach.left or reach.in_hand):
        raise UsageError(
            f"every reader who can be mailed has had {old.name}: there is no reader left to remake it for"
        )
    if mail is None:
        raise UsageError(
            f"nothing would be in it ({plan.skip}); no other reader gets {old.name}, unless it is resumed"
        )
    return Remade(plan=plan, mail=mail, reach=reach, variants=variants)


async def _take_place(newsletter: Newsletter, old: Edition, made: Remade, tools: Tools) -> Edition:
    now = tools.clock()
    first, _ = await first_readers(newsletter, tools)
    return await remakes.take_place(
        tools.db,
        old,
        made.plan,
        made.mail,
        now,
        deadline=deadline_of(made.plan, made.variants, now, tools),
        first=first,
        variants=made.variants,
    )
