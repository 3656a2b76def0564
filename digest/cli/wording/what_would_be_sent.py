"""What `digest send --dry-run` says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.common.running import moment, tools
from digest.cli.wording import outcome

if TYPE_CHECKING:
    from digest.schedule.slots import Slot
    from digest.settings import Newsletter, Settings
    from digest.usecases.editions.sending import DryRun


async def rehearse(
    loaded: Settings, entry: Newsletter, made: Slot | None, at: datetime | None
) -> dict[str, Any]:
    """Say what `send` would do with the same slot at the same moment."""
    from digest.usecases.editions import sending

    async with tools(loaded, at=moment(at, entry), changes=False) as opened:
        slot = made or sending.slot_now(entry, opened)
        return _shown(await sending.dry_run(entry, slot, opened, by_hand=at is None))


def _shown(dry: DryRun) -> dict[str, Any]:
    from digest.terminal import counted

    if dry.made:
        result = outcome.result(dry.made)
        return {**result, "dry_run": True, "text": _would(result, dry.made.tally.open)}
    result, proof = _nothing_yet(dry), dry.proof
    if proof is None:
        return result
    if proof.mail and not dry.skip:
        to, what = counted(dry.recipients, "reader"), counted(len(proof.plan.chosen), "article")
        result["text"] = f"{proof.edition} would go to {to}, with {what}: {proof.mail.subject}"
    surplus = {} if dry.skip else proof.plan.did_not_fit
    return {**result, "problems": proof.plan.problems, "did_not_fit": surplus}


def _nothing_yet(dry: DryRun) -> dict[str, Any]:
    from digest.store.editions.editions import name_of

    name = name_of(dry.newsletter.name, dry.slot.text)
    return {
        "edition": name,
        "newsletter": dry.newsletter.name,
        "slot": dry.slot.text,
        "status": dry.status.value,
        "dry_run": True,
        "problems": (),
        "did_not_fit": {},
        "recipients": dry.recipients,
        **dict.fromkeys(outcome.COUNTED, 0),
        "text": f"{name} would be skipped: {dry.skip}",
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
