"""Make a wrong edition again, for those who have not got it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from digest.delivery import Progress
from digest.model import Edition, EditionStatus, Tally
from digest.pipeline import remake as pipeline
from digest.pipeline.publish import deliver
from digest.pipeline.rehearsal import Proof
from digest.schedule.slots import Slot
from digest.store.editions import editions, remakes
from digest.store.editions.remakes import Reach
from digest.tools import Tools
from digest.usecases.editions.send_results import COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class RemakeReach:
    """A wrong edition, and whom one in its place would reach."""

    old: Edition
    reach: Reach

    def as_json(self) -> dict[str, Any]:
        old = self.old
        return {
            "remakes": old.name,
            "newsletter": old.newsletter,
            "slot": old.slot,
            "had_the_old_one": self.reach.had,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RemakeDryRun(RemakeReach):
    """What would be made and sent in the place of a wrong edition."""

    proof: Proof

    def as_json(self) -> dict[str, Any]:
        plan, mail = self.proof.plan, self.proof.mail
        assert mail is not None
        return {
            **RemakeReach.as_json(self),
            "edition": None,
            "status": EditionStatus.SENDING.value,
            "dry_run": True,
            "subject": mail.subject,
            "articles": [one.candidate.article.url for one in plan.chosen],
            "recipients": self.reach.left,
            "problems": plan.problems,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade(RemakeReach):
    """The edition that was made in the place of a wrong one, and how far it has been sent."""

    edition: Edition
    tally: Tally
    problems: tuple[str, ...]

    @property
    def unfinished(self) -> bool:
        """Whether it still has to be completed."""
        return self.edition.status in (EditionStatus.SENDING, EditionStatus.PAUSED)

    def as_json(self) -> dict[str, Any]:
        return {
            **RemakeReach.as_json(self),
            "edition": self.edition.name,
            "status": self.edition.status.value,
            "recipients": self.tally.recipients,
            **{state.value: self.tally[state] for state in COUNTED},
            "problems": self.problems,
        }


async def reach(tools: Tools, name: str) -> RemakeReach:
    """Return whom an edition in the place of this one would reach; raises UsageError where none can be made."""
    old = await editions.by_name(tools.db, name)
    pipeline.refuse_what_cannot(old)
    tools.settings.newsletter(old.newsletter)
    return RemakeReach(old=old, reach=await remakes.reach(tools.db, old))


async def rehearse(tools: Tools, name: str) -> RemakeDryRun:
    """Return what `remake` would make and send now; nothing changes. Raises UsageError as it does."""
    old = (await reach(tools, name)).old
    newsletter = tools.settings.newsletter(old.newsletter)
    made = await pipeline.rehearse(newsletter, old, tools)
    slot = Slot(old.due, old.slot)
    proof = Proof(newsletter=newsletter, slot=slot, now=tools.clock(), plan=made.plan, mail=made.mail)
    return RemakeDryRun(old=old, reach=made.reach, proof=proof)


async def remake(
    tools: Tools,
    name: str,
    *,
    stop: asyncio.Event | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Remade:
    """Make an edition in the place of a wrong one and send it; who has had the old one gets nothing.

    The old one stops at once. Raises UsageError if there is no reader or no story for it, or another process was faster.
    """
    old = (await reach(tools, name)).old
    made = await pipeline.remake(tools.settings.newsletter(old.newsletter), old, tools)
    reached, problems = await remakes.reach(tools.db, old), made.problems
    if made.status is EditionStatus.SENDING:
        report = await deliver(tools, edition_id=made.id, stop=stop, progress=progress)
        problems = (*problems, *report.problems)
    made = await editions.by_name(tools.db, made.name)
    tally = await editions.tally(tools.db, made.id)
    return Remade(old=old, reach=reached, edition=made, tally=tally, problems=problems)
