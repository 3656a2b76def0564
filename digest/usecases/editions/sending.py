"""Send by hand: the edition of the slot now or one that is named, a test of it, or only what would be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

from digest.delivery import Progress
from digest.errors import UsageError
from digest.model import EditionStatus, State
from digest.pipeline.open_edition import nobody_reads
from digest.pipeline.publish import Published, lateness, publish
from digest.pipeline.rehearsal import Proof, coming_slot, made_before, prove
from digest.schedule.slots import Slot, due_slot
from digest.settings import Newsletter
from digest.store.editions import deliveries, editions
from digest.store.editions.decisions import did_not_fit
from digest.store.editions.deliveries import LedgerRow
from digest.store.people import audience
from digest.tools import Tools
from digest.usecases.editions.status import given_up, heard_last

_MOST_MISSED = 50  # readers that a report at the end names; the ledger names all


class Unfinished(StrEnum):
    """Why a person has to look after an edition that was sent by hand."""

    OPEN = "open"  # somebody has yet to complete it
    IN_DOUBT = "in-doubt"  # readers may or may not have had it
    REACHED_NOBODY = "reached-nobody"  # every mail was refused
    GIVEN_UP = "given-up"  # its deadline passed before all had it
    NOT_MADE = "not-made"  # something went wrong, and there is no mail


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRun:
    """What sending by hand came to."""

    published: Published
    given_up: int
    heard_last: str
    did_not_fit: dict[str, int]
    missed: Sequence[LedgerRow]
    more_missed: bool  # not all of them are in `missed`

    @property
    def unfinished(self) -> frozenset[Unfinished]:
        """The reasons for which it is no success; empty where all went well."""
        edition, tally = self.published.edition, self.published.tally
        reasons = {
            Unfinished.OPEN: edition.status in (EditionStatus.SENDING, EditionStatus.PAUSED),
            Unfinished.IN_DOUBT: tally[State.UNKNOWN],
            Unfinished.REACHED_NOBODY: tally[State.REFUSED] and not (tally.open or tally[State.SENT]),
            Unfinished.GIVEN_UP: self.given_up,
            Unfinished.NOT_MADE: edition.fault,
        }
        return frozenset(reason for reason, holds in reasons.items() if holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What `send` would do: go on with what is `made`, or make an edition of this status (see `skip`)."""

    newsletter: Newsletter
    slot: Slot
    status: EditionStatus
    made: Published | None = None
    skip: str = ""  # why there would be none
    recipients: int = 0
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEdition:
    """The edition to send as a test, and why an older one stands in for the coming one ("" if it does not)."""

    __test__ = False  # pytest: not a class of tests

    proof: Proof
    instead: str = ""


def slot_now(newsletter: Newsletter, tools: Tools) -> Slot:
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
    newsletter: Newsletter,
    slot: Slot,
    tools: Tools,
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
    )


async def _some_missed(tools: Tools, edition_id: int) -> tuple[list[LedgerRow], bool]:
    found: list[LedgerRow] = []
    async for row in deliveries.missed(tools.db, edition_id):
        if len(found) == _MOST_MISSED:
            return found, True
        found.append(row)
    return found, False


async def dry_run(newsletter: Newsletter, slot: Slot, tools: Tools, *, by_hand: bool = True) -> DryRun:
    """Return what `send` would do with the same slot at the same moment; nothing changes."""
    known = await editions.find(tools.db, newsletter.name, slot.text)
    if known and not (by_hand and known.status.skipped):
        tally = await editions.tally(tools.db, known.id)
        made = Published(edition=known, tally=tally, delivered=False)
        return DryRun(newsletter=newsletter, slot=slot, status=known.status, made=made)
    if not by_hand and (late := lateness(newsletter, slot, tools.clock())):
        return DryRun(newsletter=newsletter, slot=slot, status=EditionStatus.SKIPPED_LATE, skip=late)
    proof = await prove(newsletter, slot, tools, as_sent=True)
    skip = proof.plan.skip or await nobody_reads(newsletter, tools)
    if proof.mail is None or skip:
        status = EditionStatus.SKIPPED_EMPTY
        return DryRun(newsletter=newsletter, slot=slot, status=status, skip=skip, proof=proof)
    count = await audience.size(tools.db, newsletter.name)
    status = EditionStatus.SENDING
    return DryRun(newsletter=newsletter, slot=slot, status=status, recipients=count, proof=proof)


async def test_edition(newsletter: Newsletter, tools: Tools) -> TestEdition:
    """Return the coming edition, or the newest that was made where nothing is there for a coming one.

    `digest.pipeline.rehearsal.send_test` sends its proof.
    """
    proof = await prove(newsletter, await coming_slot(newsletter, tools), tools)
    if proof.mail is None and (made := await made_before(proof, tools)):
        return TestEdition(proof=made, instead=proof.plan.skip)
    return TestEdition(proof=proof)
