"""Invite addresses to a newsletter: each becomes a reader only by pressing the button in its mail."""

from __future__ import annotations

from collections.abc import Sequence

from digest.errors import UsageError
from digest.store.people.entries import AddResult, Entry
from digest.store.people.sign_up_requests import Invited
from digest.store.people.sign_up_requests import invite as store_invite
from digest.store.people.sign_ups import SignUp
from digest.tools import Tools
from digest.usecases.readers.addresses import AddressResult, Verdict, read

_VERDICTS = {
    Invited.MAILED: (Verdict.INVITED, ""),
    Invited.KNOWN: (Verdict.KNOWN, ""),
    Invited.LEFT: (Verdict.UNSUBSCRIBED, AddResult.UNSUBSCRIBED.words),
    Invited.SUPPRESSED: (Verdict.SUPPRESSED, AddResult.SUPPRESSED.words),
    Invited.FORGOTTEN: (Verdict.FORGOTTEN, AddResult.FORGOTTEN.words),
}


async def invite(tools: Tools, newsletter: str, addresses: Sequence[str]) -> list[AddressResult]:
    """Queue a mail to each address that asks whether it wants the newsletter; `digest run` sends it.

    Who has left, is suppressed or was forgotten is not asked. Repeats are limited as those of a sign-up.
    Raises UsageError for a newsletter that is not configured, and where no link could lead to us.
    """
    entry, now = tools.settings.newsletter(newsletter), tools.clock()
    if "url" not in tools.settings.site_of(entry).model_fields_set:
        raise UsageError(
            "an invitation holds a link: set site.url to the address at which readers reach these pages"
        )
    proof = {"how": "invitation", "asked": now.isoformat(timespec="seconds"), "language": entry.language}
    found = []
    for one in read(addresses):
        if isinstance(one, Entry):
            wanted = SignUp(
                newsletter=entry.name, key=one.key, address=one.address, proof=proof, asked_at=now
            )
            verdict, why = _VERDICTS[await store_invite(tools.db, wanted)]
            one = AddressResult(address=one.address, verdict=verdict, done=not why, why=why)
        found.append(one)
    return found
