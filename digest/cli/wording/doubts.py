"""Readers who may have had a mail without our knowing: told whether or not a process has noted them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digest.model import Edition, Tally
    from digest.settings import Settings
    from digest.tools import Tools


async def take_back(opened: Tools, edition: Edition, *, goes_on: bool) -> None:
    """Take back what dead processes of this machine had of an edition; in doubt as its newsletter's policy wants it."""
    from digest.delivery.aftermath import take_back

    resend = goes_on and _resends(opened.settings, edition.newsletter)
    await take_back(opened.db, edition.id, resend=resend, now=opened.clock())


def _resends(settings: Settings, newsletter: str) -> bool:
    """Tell whether a newsletter repeats what is in doubt; one that is not configured has no such policy."""
    return any(one.on_unknown == "resend" for one in settings.newsletters if one.name == newsletter)


def in_words(edition: str, tally: Tally) -> list[str]:
    """Say how many may have had an edition and which command lists them; nothing where there is no doubt."""
    from digest.terminal import counted

    if not tally.doubted:
        return []
    readers = counted(tally.doubted, "reader")
    lists = f'"digest deliveries {edition} --state unknown" lists them'
    return [f"{readers} may have had it from an attempt that gave no answer: {lists}."]
