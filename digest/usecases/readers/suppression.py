"""Who must not be mailed: suppress and forget readers, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digest.store.people import suppressions
from digest.store.people.entries import Entry
from digest.tools import Tools
from digest.usecases.readers.addresses import AddressResult, Verdict, entries, key, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """An address of which only a keyed hash is left, and whether it was a reader's."""

    address: str  # as it was given
    was_reader: bool

    def as_json(self) -> dict[str, Any]:
        return {"address": self.address, "was_reader": self.was_reader}


async def suppress(tools: Tools, addresses: Sequence[str], *, reason: str = "by hand") -> list[AddressResult]:
    """Never mail these addresses again, whatever is imported later; safe to repeat."""
    given = read(addresses)
    keys = [entry.key for entry in entries(given)]
    new = await suppressions.suppress(tools.db, keys, reason, tools.clock())
    found = []
    for one in given:
        if isinstance(one, Entry):
            verdict = Verdict.SUPPRESSED if one.key in new else Verdict.KNOWN
            new.discard(one.key)  # the same address may be given twice
            one = AddressResult(address=one.address, verdict=verdict, done=True)
        found.append(one)
    return found


async def release(tools: Tools, addresses: Sequence[str]) -> list[AddressResult]:
    """Let addresses be mailed and added again that were suppressed or forgotten."""
    found = []
    for one in read(addresses):
        if isinstance(one, Entry):
            released = await suppressions.release(tools.db, one.key)
            verdict = Verdict.RELEASED if released else Verdict.UNKNOWN
            why = "" if released else "is neither suppressed nor forgotten"
            one = AddressResult(address=one.address, verdict=verdict, done=released, why=why)
        found.append(one)
    return found


async def forget(tools: Tools, address: str) -> Forgotten:
    """Erase what is known of a reader; only a keyed hash stays, so that no import brings them back.

    Raises UsageError for what is no address.
    """
    was_reader = await suppressions.forget(tools.db, key(address), tools.clock())
    return Forgotten(address=address, was_reader=was_reader)
