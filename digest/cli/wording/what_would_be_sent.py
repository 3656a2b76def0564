"""What `digest send --dry-run` says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.common.running import moment, tools
from digest.cli.wording import outcome

if TYPE_CHECKING:
    from digest.schedule.slots import Slot
    from digest.settings import Newsletter, Settings
    from digest.tools import Tools


def slot_now(entry: Newsletter, opened: Tools) -> Slot:
    """Return the slot that is due now."""
    from digest.errors import UsageError
    from digest.schedule.slots import due_slot

    slot = due_slot(entry, opened.clock())
    if slot is None:
        raise UsageError(f"{entry.name} has had no slot yet: its schedule is {entry.schedule!r}")
    return slot


async def rehearse(
    loaded: Settings, entry: Newsletter, made: Slot | None, at: datetime | None
) -> dict[str, Any]:
    """Say what `send` would do with the same slot at the same moment."""
    from digest.pipeline.publish import Published, lateness
    from digest.store.editions import editions

    async with tools(loaded, at=moment(at, entry), changes=False) as opened:
        slot = made or slot_now(entry, opened)
        known = await editions.find(opened.db, entry.name, slot.text)
        if known and (at or not known.status.skipped):
            tally = await editions.tally(opened.db, known.id)
            result = outcome.result(Published(edition=known, tally=tally, delivered=False))
            return {**result, "dry_run": True, "text": _would(result, tally.open)}
        if at and (late := lateness(entry, slot, opened.clock())):
            return _nothing_yet(entry, slot, "skipped-late", late)
        return await _rehearse_making(entry, slot, opened)


async def _rehearse_making(entry: Newsletter, slot: Slot, opened: Tools) -> dict[str, Any]:
    from digest.pipeline.open_edition import nobody_reads
    from digest.pipeline.rehearsal import prove
    from digest.store.people import audience
    from digest.terminal import counted

    proof = await prove(entry, slot, opened, as_sent=True)
    skip = proof.plan.skip or await nobody_reads(entry, opened)
    if proof.mail is None or skip:
        result = _nothing_yet(entry, slot, "skipped-empty", skip)
    else:
        count = await audience.size(opened.db, entry.name)
        to, what = counted(count, "reader"), counted(len(proof.plan.chosen), "article")
        text = f"{proof.edition} would go to {to}, with {what}: {proof.mail.subject}"
        result = {**_nothing_yet(entry, slot, "sending", ""), "recipients": count, "text": text}
    surplus = {} if skip else proof.plan.did_not_fit
    return {**result, "problems": proof.plan.problems, "did_not_fit": surplus}


def _nothing_yet(entry: Newsletter, slot: Slot, status: str, skip: str) -> dict[str, Any]:
    from digest.store.editions.editions import name_of

    name = name_of(entry.name, slot.text)
    return {
        "edition": name,
        "newsletter": entry.name,
        "slot": slot.text,
        "status": status,
        "dry_run": True,
        "problems": (),
        "did_not_fit": {},
        "recipients": 0,
        **dict.fromkeys(outcome.COUNTED, 0),
        "text": f"{name} would be skipped: {skip}",
    }


def _would(result: dict[str, Any], still: int) -> str:
    """Say what `send` would do about an edition that has been made."""
    name = result["edition"]
    match result["status"]:
        case "sending":
            return f"Sending would go on with {name}: {still:,} of {result['recipients']:,} still to go."
        case "already-sent":
            return f"{name} was sent already; nothing would be sent again."
        case _:
            return str(result["text"])
