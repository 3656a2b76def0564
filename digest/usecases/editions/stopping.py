"""Stop an edition, for now or for good, and let it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from digest.clock import utc_now
from digest.delivery import aftermath
from digest.errors import DigestError
from digest.model import Edition, EditionStatus, State, Tally
from digest.model.amounts import spoken
from digest.store.editions import editions, lifecycle
from digest.terminal import counted
from digest.tools import Tools
from digest.usecases.editions.deliveries import departed_owners
from digest.usecases.editions.status import as_json


class TooLate(DigestError):
    """A paused edition would be given up at once if it went on: its deadline has passed."""

    def __init__(self, edition: Edition, text: str) -> None:
        super().__init__(text)
        self.edition = edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """An edition that does not go out now, and how its deliveries stand; `already` says that it was so before."""

    edition: Edition
    tally: Tally
    already: bool = False

    @property
    def leaving(self) -> int:
        """Mails that a process is handing over now: they may still go out."""
        return self.tally[State.SENDING]

    def as_json(self) -> dict[str, Any]:
        return {**as_json(self.edition, self.tally), "already": self.already}


async def pause(tools: Tools, name: str, *, reason: str = "by hand") -> Stopped:
    """Stop sending an edition for now, from any process; raises UsageError where there is nothing to stop."""
    before = await editions.by_name(tools.db, name)
    if before.status is EditionStatus.PAUSED:
        return Stopped(edition=before, tally=await _tally(tools, before), already=True)
    return await _stop(tools, before, "pause", reason)


async def cancel(tools: Tools, name: str, *, reason: str = "by hand") -> Stopped:
    """Stop sending an edition for good; raises UsageError where there is nothing to stop."""
    return await _stop(tools, await editions.by_name(tools.db, name), "cancel", reason)


async def _stop(tools: Tools, before: Edition, change: Literal["pause", "cancel"], reason: str) -> Stopped:
    await take_back(tools, before, goes_on=change == "pause")
    after = await lifecycle.set_status(tools.db, before.name, change, tools.clock(), reason=reason)
    return Stopped(edition=after, tally=await _tally(tools, after))


async def _tally(tools: Tools, edition: Edition) -> Tally:
    return await editions.tally(tools.db, edition.id, gone=await departed_owners(tools))


async def resume(tools: Tools, name: str, *, deadline: timedelta | None = None) -> Edition:
    """Let a paused edition go on, with a `deadline` from now where that is given.

    Raises UsageError for one that is not paused, TooLate where its readers would be given up at once.
    """
    # While the clock is in doubt the later time counts: to ask once too often costs no reader a mail.
    before, now = await editions.by_name(tools.db, name), max(tools.clock(), utc_now())
    until = now + deadline if deadline else None
    try:
        return await lifecycle.set_status(tools.db, before.name, "resume", now, deadline=until)
    except lifecycle.DeadlinePassedError as error:
        assert before.deadline is not None
        waiting = counted((await _tally(tools, before)).open, "reader")
        ago = spoken(now - before.deadline)
        text = f"{before.name} is still paused: its deadline passed {ago} ago, and {waiting} would be given up at once."
        raise TooLate(before, text) from error


async def take_back(tools: Tools, edition: Edition, *, goes_on: bool) -> None:
    """Take back what dead processes of this machine had of an edition; what may have left is in doubt.

    If the edition `goes_on`, its newsletter's policy may have doubts sent again; one that is not configured any more has
    no such policy.
    """
    resends = {one.name for one in tools.settings.newsletters if one.on_unknown == "resend"}
    resend = goes_on and edition.newsletter in resends
    await aftermath.take_back(tools.db, edition.id, resend=resend, now=tools.clock())
