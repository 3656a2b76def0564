"""Addresses as people give them, and what became of each: the one form of result for all that is done to addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from digest.errors import UsageError
from digest.readers.addresses import checked_name, parse_mailbox
from digest.store.people.entries import Entry


class Verdict(StrEnum):
    """How an address stands after what was done to it."""

    ADDED = "added"
    INVITED = "invited"  # has a mail that asks
    KNOWN = "known"  # was so before
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    RELEASED = "released"
    FORGOTTEN = "forgotten"
    UNKNOWN = "unknown"  # has nothing that could be ended or lifted
    INVALID = "invalid"  # is no address that mail can reach


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressResult:
    """What became of one address; `done` says whether it is as the caller wants it, `why` says why it is not."""

    address: str  # as mail is sent to it; as it was given where it is invalid
    verdict: Verdict
    done: bool
    why: str = ""  # follows the address in a sentence

    def as_json(self) -> dict[str, Any]:
        return {"address": self.address, "verdict": self.verdict.value, "done": self.done, "why": self.why}


def read(addresses: Sequence[str], name: str = "") -> list[Entry | AddressResult]:
    """Read addresses in their order; in the place of one that is invalid stands its result.

    A name may come with the address ("Anna Berg <anna@example.org>"), or be `name`.
    """
    return [_read(text, name) for text in addresses]


def _read(text: str, name: str) -> Entry | AddressResult:
    try:
        display, address = parse_mailbox(text)
        called = checked_name(name or display, address)
    except ValueError as error:
        return AddressResult(address=text, verdict=Verdict.INVALID, done=False, why=str(error))
    return Entry(address=address.text, key=address.key, name=called)


def entries(given: Sequence[Entry | AddressResult]) -> list[Entry]:
    """Return those that could be read."""
    return [one for one in given if isinstance(one, Entry)]


def key(address: str) -> str:
    """Return what an address is known by, however it is spelt; raises UsageError for what is no address."""
    try:
        return parse_mailbox(address)[1].key
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from None
