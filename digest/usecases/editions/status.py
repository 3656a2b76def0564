"""How editions stand: their counts, their pace, and who waits for what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from digest.delivery.liveness import departed
from digest.model import Edition, EditionStatus, State, Tally
from digest.model.amounts import Rate
from digest.settings import SenderSettings
from digest.store.editions import deliveries, editions
from digest.store.editions.decisions import did_not_fit
from digest.store.ledger.leases import holders
from digest.tools import Tools
from digest.usecases.editions import told
from digest.usecases.editions.deliveries import ListedDelivery, departed_owners, listed

_SLOWEST = 0.01  # answers a second; with fewer it cannot be told how long the rest takes


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionCounts:
    """An edition and how many of its deliveries are in each state."""

    edition: Edition
    tally: Tally

    def as_json(self) -> dict[str, Any]:
        return as_json(self.edition, self.tally)


class Pace(NamedTuple):
    """How fast an edition goes out lately, and the seconds that the rest takes (None while that cannot be told)."""

    per_second: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionDetails(EditionCounts):
    """An edition with its pace, every reader that did not get it, and what the ledger says about the others."""

    pace: Pace
    sent_by_a_process: bool  # a process that is alive has some of it in hand
    missed: Sequence[ListedDelivery]
    given_up: int  # readers who did not get it before its deadline
    heard_last: str  # what was heard last about those who still wait; "" where nothing was
    did_not_fit: dict[str, int]
    waiting_for_hour: int  # readers whose own hour is still to come

    @property
    def problems(self) -> list[str]:
        """What was odd when it was made, and what a person may want to act on now."""
        late = told.given_up(self.edition, self.given_up)
        return [*self.edition.problems, *late, *told.heard_last(self.heard_last)]

    @property
    def next_attempt(self) -> datetime | None:
        """When a reader is tried again next; None where no reader waits for that."""
        return min((one.row.not_before for one in self.missed if one.row.not_before), default=None)

    def as_json(self) -> dict[str, Any]:
        left = self.pace.seconds_left
        return {
            **as_json(self.edition, self.tally),
            "per_second": round(self.pace.per_second, 1),
            "seconds_left": None if left is None else int(left),
            "problems": self.problems,
            "did_not_fit": self.did_not_fit,
            "waiting_for_hour": self.waiting_for_hour,
            "missed": [one.as_json() for one in self.missed],
        }


def as_json(edition: Edition, tally: Tally) -> dict[str, Any]:
    """Return an edition and its counts as JSON shows them; who shows less takes some of the keys."""
    return {
        "edition": edition.name,
        "newsletter": edition.newsletter,
        "slot": edition.slot,
        "status": edition.status.value,
        "reason": edition.reason,
        "remade_as": edition.remade_as,
        "problems": edition.problems,
        "opened": edition.opened_at,
        "subject": edition.mail.subject if edition.mail else "",
        "recipients": tally.recipients,
        **{state.value: tally[state] for state in State},
        "in_doubt": tally.doubted,
    }


async def latest(tools: Tools, newsletter: str | None = None, *, limit: int) -> list[EditionCounts]:
    """Return the latest editions, the newest first; raises UsageError for a newsletter that never was."""
    found = await editions.list_(tools.db, newsletter, limit=limit)
    if newsletter and not found:
        tools.settings.newsletter(newsletter)
    gone = await departed_owners(tools)
    return [
        EditionCounts(edition=one, tally=await editions.tally(tools.db, one.id, gone=gone)) for one in found
    ]


async def details(tools: Tools, name: str) -> EditionDetails:
    """Return everything about one edition; raises UsageError for a name that no edition has."""
    db, edition = tools.db, await editions.by_name(tools.db, name)
    gone = await departed_owners(tools)
    tally = await editions.tally(db, edition.id, gone=gone)
    sending = await is_being_sent(tools, edition)
    missed = deliveries.missed(db, edition.id, gone=gone)
    lately = await deliveries.pace(db, edition.id, tools.clock()) if sending else 0.0
    return EditionDetails(
        edition=edition,
        tally=tally,
        pace=pace(lately, tally.open, tools.settings.senders),
        sent_by_a_process=sending,
        missed=[one async for one in listed(tools.settings, edition, missed)],
        given_up=await given_up(tools, edition),
        heard_last=await heard_last(tools, edition),
        did_not_fit={} if edition.status.skipped else await did_not_fit(db, edition.id),
        waiting_for_hour=await waiting_for_hour(tools, edition),
    )


async def is_being_sent(tools: Tools, edition: Edition) -> bool:
    """Tell whether a process that is alive has deliveries of an open edition in hand."""
    if edition.status is not EditionStatus.SENDING:
        return False
    async with tools.db.connect() as conn:
        held = [holder for holder in await holders(conn) if holder.edition_id == edition.id]
    return bool({holder.owner for holder in held} - departed(held, tools.clock()))


async def given_up(tools: Tools, edition: Edition) -> int:
    """Return how many readers did not get an edition before its deadline; 0 of a cancelled one."""
    if edition.status is EditionStatus.CANCELLED:
        return 0
    return await deliveries.given_up(tools.db, edition.id)


async def waiting_for_hour(tools: Tools, edition: Edition) -> int:
    """Return how many readers wait for the hour that they chose; 0 where nothing is being sent."""
    if edition.status is not EditionStatus.SENDING:
        return 0
    return await deliveries.waiting_for_hour(tools.db, edition.id, tools.clock())


async def heard_last(tools: Tools, edition: Edition) -> str:
    """Return what was heard last about those who wait for an edition that is being sent; "" where nothing was."""
    if edition.status is not EditionStatus.SENDING:
        return ""
    return await deliveries.last_words(tools.db, edition.id)


def pace(per_second: float, still: int, senders: Sequence[SenderSettings]) -> Pace:
    """Return a pace and how long the rest takes, neither better than the senders' rates allow.

    A burst at the beginning, or one that has just ended, would promise more than those rates allow.
    """
    per_second = min(per_second, max((_fastest(sender.rate) for sender in senders), default=math.inf))
    least = min((_least_seconds(still, sender.rate) for sender in senders), default=0.0)
    return Pace(per_second, max(still / per_second, least) if per_second >= _SLOWEST else None)


def _fastest(rates: Sequence[Rate]) -> float:
    """Return the pace that rates allow from one moment to the next."""
    return min((rate.count / rate.seconds for rate in rates if rate.seconds <= 60), default=math.inf)


def _least_seconds(still: int, rates: Sequence[Rate]) -> float:
    """Return the least seconds for this many mails where the first of each rate's span go at once."""
    return max((rate.seconds * (still / rate.count - 1) for rate in rates), default=0.0)
