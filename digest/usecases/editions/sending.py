"""Send by hand: the edition of the slot now or one that is named, or only say what would be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace

from digest.delivery import Progress
from digest.errors import UsageError
from digest.model import EditionStatus
from digest.pipeline.open_edition import why_no_readers
from digest.pipeline.publish import Published, lateness, publish
from digest.pipeline.rehearsal import prove
from digest.pipeline.variants import prepare
from digest.schedule.slots import Slot, due_slot
from digest.settings import Newsletter
from digest.store.editions import deliveries, editions
from digest.store.editions.decisions import did_not_fit
from digest.store.editions.deliveries import LedgerRow
from digest.store.people import audience
from digest.tools import Tools
from digest.usecases.editions.send_results import DryRun, SendRun
from digest.usecases.editions.status import given_up, heard_last, waiting_for_hour

_MOST_MISSED = 50  # readers that a report at the end names; the ledger names all


def slot_now(tools: Tools, newsletter: Newsletter) -> Slot:
    """Return the slot that is due now; raises UsageError where there has been none."""
    slot = due_slot(newsletter, tools.clock())
    if slot is None:
        raise UsageError(f"{newsletter.name} has had no slot yet: its schedule is {newsletter.schedule!r}")
    return slot


async def slot_of(tools: Tools, name: str) -> tuple[Newsletter, Slot]:
    """Return the newsletter and the slot of an edition to go on with; raises UsageError without one."""
    try:
        edition = await editions.by_name(tools.db, name)
    except UsageError:
        tools.settings.newsletter(name)  # says which newsletter is nearest
        raise
    if edition.status.skipped:
        raise UsageError(
            f'{edition.name} is {edition.status.value}: "digest send {edition.newsletter}" tries the latest slot again'
        )
    return tools.settings.newsletter(edition.newsletter), Slot(edition.opened_at, edition.slot)


async def send(
    tools: Tools,
    newsletter: Newsletter,
    slot: Slot,
    *,
    by_hand: bool = True,
    stop: asyncio.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
    helpers: AbstractAsyncContextManager[object] | None = None,
) -> SendRun:
    """Make and send the edition of a slot, or go on with it; safe to repeat.

    Without `by_hand` the service's rules on lateness hold. `helpers` are open while the mails go out.
    """
    async with helpers or nullcontext():
        published = await publish(newsletter, slot, tools, by_hand=by_hand, stop=stop, progress=progress)
    edition = published.edition
    late, last = await given_up(tools, edition), await heard_last(tools, edition)
    surplus = {} if edition.status.skipped else await did_not_fit(tools.db, edition.id)
    missed, more = await _some_missed(tools, edition.id)
    return SendRun(
        published=published,
        given_up=late,
        heard_last=last,
        did_not_fit=surplus,
        missed=missed,
        more_missed=more,
        waiting_for_hour=await waiting_for_hour(tools, edition),
    )


async def _some_missed(tools: Tools, edition_id: int) -> tuple[list[LedgerRow], bool]:
    found: list[LedgerRow] = []
    async for row in deliveries.missed(tools.db, edition_id):
        if len(found) == _MOST_MISSED:
            return found, True
        found.append(row)
    return found, False


async def dry_run(tools: Tools, newsletter: Newsletter, slot: Slot, *, by_hand: bool = True) -> DryRun:
    """Return what `send` would do with the same slot at the same moment; nothing changes."""
    known = await editions.find(tools.db, newsletter.name, slot.text)
    if known and not (by_hand and known.status.skipped):
        tally = await editions.tally(tools.db, known.id)
        made = Published(edition=known, tally=tally, delivered=False)
        return DryRun(newsletter=newsletter, slot=slot, status=known.status, made=made)
    if not by_hand and (late := lateness(newsletter, slot, tools.clock())):
        return DryRun(newsletter=newsletter, slot=slot, status=EditionStatus.SKIPPED_LATE, skip=late)
    proof = await prove(newsletter, slot, tools, as_sent=True)
    variants = await prepare(newsletter, proof.plan, tools, keep=False)
    skip = ("" if variants.whole else proof.plan.skip) or await why_no_readers(newsletter, tools)
    if skip:
        status = EditionStatus.SKIPPED_EMPTY
        return DryRun(newsletter=newsletter, slot=slot, status=status, skip=skip, proof=proof)
    count = variants.mailed
    if proof.mail:
        count += await audience.size(tools.db, newsletter.name, without_choices=True)
    else:
        proof = replace(proof, mail=variants.whole)
    status = EditionStatus.SENDING
    return DryRun(newsletter=newsletter, slot=slot, status=status, recipients=count, proof=proof)
