"""Subscriptions: begin and end them, list who has one, and hand the list over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TextIO

from digest.errors import UsageError
from digest.model import SubscriptionStatus
from digest.readers.transfer.export import export_csv
from digest.store.people import readers, suppressions
from digest.store.people.entries import AddResult, Entry
from digest.tools import Tools
from digest.usecases.readers.addresses import AddressResult, Verdict, entries, read


class ReaderStatus(StrEnum):
    """How a reader stands with a newsletter; a suppressed one is that, whatever the subscription says."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReader:
    """A line of the list of readers. Suppression holds for all newsletters: a line about it alone names none."""

    address: str
    name: str = ""
    newsletter: str = ""
    status: ReaderStatus
    since: datetime
    suppressed: str  # why nothing is sent there, "" if it is

    def as_json(self) -> dict[str, Any]:
        return {
            "address": self.address,
            "name": self.name,
            "newsletter": self.newsletter,
            "status": self.status.value,
            "since": self.since,
            "suppressed": self.suppressed,
        }


async def add(
    tools: Tools, newsletter: str, addresses: Sequence[str], *, name: str = "", consent: str = ""
) -> list[AddressResult]:
    """Subscribe readers, in one transaction; safe to repeat. Returns a result for each address, in their order.

    `consent` says how and when they asked for it and is kept as proof; it also brings back who had unsubscribed.
    Raises UsageError for a newsletter that is not configured, and for one `name` of several readers.
    """
    if name and len(addresses) > 1:
        raise UsageError('A name belongs to one reader: write several as "NAME <ADDRESS>"')
    entry, how, given = tools.settings.newsletter(newsletter), consent.strip(), read(addresses, name)
    proof = {"how": how or "added by hand"}
    found = iter(
        await readers.add(tools.db, entry.name, entries(given), tools.clock(), consent=proof, again=bool(how))
    )
    return [_added(one, next(found)) if isinstance(one, Entry) else one for one in given]


def _added(entry: Entry, result: AddResult) -> AddressResult:
    done = result in (AddResult.ADDED, AddResult.KNOWN)
    return AddressResult(
        address=entry.address, verdict=Verdict(result.value), done=done, why="" if done else result.words
    )


async def unsubscribe(tools: Tools, newsletter: str, addresses: Sequence[str]) -> list[AddressResult]:
    """End subscriptions of readers who asked for it, as the link in a mail does; safe to repeat.

    The newsletter may have left the configuration. Raises UsageError for one that never was.
    """
    name = await known_newsletter(tools, newsletter or tools.settings.newsletter().name)
    found = []
    for one in read(addresses):
        if isinstance(one, Entry):
            ended = await readers.end(tools.db, name, one.key, tools.clock())
            verdict = Verdict.UNSUBSCRIBED if ended else Verdict.UNKNOWN
            why = "" if ended else f"has no subscription of {name}"
            one = AddressResult(address=one.address, verdict=verdict, done=ended, why=why)
        found.append(one)
    return found


async def known_newsletter(tools: Tools, name: str) -> str:
    """Return the name of a newsletter that is configured or has readers, "" for "".

    Raises UsageError that names the nearest.
    """
    if name and not await readers.has(tools.db, name):
        tools.settings.newsletter(name)
    return name


async def list_(
    tools: Tools, newsletter: str = "", status: ReaderStatus | None = None
) -> AsyncIterator[ListedReader]:
    """Yield readers in the order in which they came, page by page; the suppressed, readers or not, by their address.

    Raises UsageError for a newsletter that never was.
    """
    name = await known_newsletter(tools, newsletter)
    if status is ReaderStatus.SUPPRESSED:
        async for barred in suppressions.list_(tools.db, name):
            yield ListedReader(
                address=barred.address, status=status, since=barred.since, suppressed=barred.reason
            )
        return
    async for one in readers.list_(tools.db, name, SubscriptionStatus(status) if status else None):
        yield ListedReader(
            address=one.address,
            name=one.name,
            newsletter=one.newsletter,
            status=ReaderStatus(one.standing),
            since=one.suppressed_since or one.since,
            suppressed=one.suppressed,
        )


async def export(tools: Tools, file: TextIO, newsletter: str = "") -> int:
    """Write readers as CSV into a text file opened with newline=""; returns how many.

    Raises UsageError for a newsletter that never was.
    """
    name = await known_newsletter(tools, newsletter)
    return await export_csv(readers.list_(tools.db, name), file)
