"""Decide about readers who did not get an edition: send it to them again, or note that they have it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from digest.errors import UsageError
from digest.model import Edition, EditionStatus, State
from digest.store.editions import editions, lifecycle
from digest.store.editions.deliveries import in_words
from digest.store.ledger import retries
from digest.store.ledger.retries import RETRIED as RETRIED
from digest.store.ledger.retries import Choice, InDoubt
from digest.tools import Tools
from digest.usecases.editions.stopping import take_back
from digest.usecases.readers.addresses import key

_FIRST = 3  # readers that are named
_NUMBERED = re.compile(r"(?=[\w-]*\d)[\w-]{6,}")  # queue ids and the like, which differ from reply to reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The readers that are meant: in this state, with these words in their reason or reply, at these addresses.

    No words and no addresses mean all. With `release` those too whom these very refusals suppressed.
    """

    state: State = State.REFUSED
    words: str = ""
    addresses: Sequence[str] = ()
    release: bool = False


@dataclass(slots=True)
class Reach:
    """Whom a decision would reach: how many, the first of them, why they did not get it, and who stays as they are."""

    edition: Edition
    ready: int = 0
    first: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    doubted: int = 0  # may have had it already
    staying: Counter[str] = field(default_factory=Counter)
    suppressed_by_it: int = 0  # of these, by the very answer that is to be tried again

    def as_json(self, **done: int) -> dict[str, Any]:
        """Return it with what was `done`: how many are "queued", or "accepted"."""
        return {
            "edition": self.edition.name,
            "would_reach": self.ready,
            **done,
            "perhaps_twice": self.doubted,
            "reasons": dict(self.reasons),
            "stay": dict(self.staying),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """How many readers wait for an edition again, and until when it is sent at most."""

    edition: Edition
    readers: int
    until: datetime


async def would_retry(tools: Tools, name: str, whom: Whom) -> Reach:
    """Return whom a retry would reach; raises UsageError for an edition that has no readers, or was made again."""
    edition, choice = await _retried(tools, name, whom)
    return await _look(tools, edition, choice, release=whom.release)


async def retry(tools: Tools, name: str, whom: Whom, *, deadline: timedelta | None = None) -> Queued:
    """Have an edition sent again to readers who did not get it, each as if it were the first time.

    Who has left, is suppressed or was forgotten stays as they are. A finished or cancelled edition is opened again; its
    deadline is put off to that much time from now where it is earlier. Raises UsageError as `would_retry` does.
    """
    edition, choice = await _retried(tools, name, whom)
    until = tools.clock() + (deadline or tools.settings.delivery.deadline)
    async with tools.db.begin() as conn:
        if whom.release:
            await retries.release(conn, choice)
        readers = await retries.queue(conn, choice, tools.clock())
        if readers:
            await lifecycle.reopen(conn, edition.id, until)
    return Queued(edition=edition, readers=readers, until=until)


async def would_accept(tools: Tools, name: str, whom: Whom) -> Reach:
    """Return of whom `accept` would note that they have it."""
    edition, choice = await _in_doubt(tools, name, whom)
    return await _look(tools, edition, choice, anybody=True)


async def accept(tools: Tools, name: str, whom: Whom) -> int:
    """Note of readers in doubt that they have the edition; returns of how many. Nothing is sent to them."""
    _, choice = await _in_doubt(tools, name, whom)
    async with tools.db.begin() as conn:
        return await retries.accept(conn, choice, tools.clock())


async def _retried(tools: Tools, name: str, whom: Whom) -> tuple[Edition, Choice]:
    edition = await _settled(tools, name)
    if edition.remade_as:
        raise UsageError(f"{edition.name} was remade as {edition.remade_as}: name that one")
    keys = [key(address) for address in whom.addresses]
    return edition, Choice(edition_id=edition.id, states=[whom.state], words=whom.words, keys=keys)


async def _in_doubt(tools: Tools, name: str, whom: Whom) -> tuple[Edition, InDoubt]:
    edition = await _settled(tools, name)
    keys = [key(address) for address in whom.addresses]
    return edition, InDoubt(edition_id=edition.id, states=[State.UNKNOWN], words=whom.words, keys=keys)


async def _settled(tools: Tools, name: str) -> Edition:
    """Return the edition that is meant, with what dead processes had of it taken back."""
    found = await editions.by_name(tools.db, name)
    if found.status.skipped:
        raise UsageError(f"{found.name} has no readers: it is {found.status.value}")
    goes_on = found.status in (EditionStatus.SENDING, EditionStatus.PAUSED)
    await take_back(tools, found, goes_on=goes_on)
    return found


async def _look(
    tools: Tools, edition: Edition, choice: Choice, *, release: bool = False, anybody: bool = False
) -> Reach:
    """Look whom a choice would reach; with `release` those too whom these answers suppressed, with `anybody` all."""
    reach = Reach(edition)
    async for one in retries.found(tools.db, choice, tools.clock()):
        if one.skip and not anybody and not (release and one.suppressed_by_it):
            reach.staying[one.skip.partition(":")[0]] += 1
            reach.suppressed_by_it += one.suppressed_by_it
            continue
        reach.ready += 1
        reach.doubted += one.doubted
        reach.reasons[_kind(in_words(one.reason, one.said, None), one.address)] += 1
        if len(reach.first) < _FIRST:
            reach.first.append(one.address or "a reader who was forgotten")
    return reach


def _kind(words: str, address: str) -> str:
    """Return a reason without what differs from reader to reader."""
    return _NUMBERED.sub("…", words.replace(address, "…") if address else words)
