"""Act on what came back: find the reader, judge, and change what the reader gets, in one transaction with the note of it.

One process at a time does it, in the order in which reports came. A report that fits no mail of ours touches no reader.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from digest.feedback import Consequence, Meaning, SoftBounce, is_spent, meaning
from digest.feedback.meaning import SOFT_BOUNCE_DAYS
from digest.gathering.leasing import alone
from digest.message import message_id
from digest.model import Event
from digest.readers import addresses
from digest.store.content import leases
from digest.store.feedback import effects, events, matching
from digest.store.feedback.events import StoredEvent
from digest.store.feedback.matching import Match
from digest.store.ledger.claims import Connection
from digest.tools import Tools

#: How long ago a reader must have been mailed at most for a report that names nothing but the address.
MAILED_WITHIN = timedelta(days=14)

_EVENTS_PER_TRANSACTION = 50
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")  # a reader's must not stand in the log
_UNMATCHED = "no mail of ours fits it: nobody is touched"


@dataclass(frozen=True, slots=True)
class Processed:
    """What one round came to: how many reports were done, and those that a person has to act on."""

    events: int = 0
    ours: tuple[str, ...] = ()


async def process(tools: Tools, *, stop: asyncio.Event | None = None) -> Processed:
    """Act on all reports that wait, when no other process is doing so."""
    if not await events.is_any_pending(tools.db):
        return Processed()
    done, ours = 0, dict[str, None]()
    async with alone(tools.db, leases.OF_FEEDBACK):
        while not (stop and stop.is_set()):
            async with tools.db.begin() as conn:
                waiting = await events.pending(conn, _EVENTS_PER_TRANSACTION)
                for one in waiting:
                    found = await _act(conn, one, tools.clock())
                    if found.consequence is Consequence.OURS:
                        ours[f"{one.sender}: {_ADDRESS.sub('<address>', found.reason)}"] = None
            done += len(waiting)
            if len(waiting) < _EVENTS_PER_TRANSACTION:
                break
    return Processed(done, tuple(ours))


async def _act(conn: Connection, one: StoredEvent, now: datetime) -> Meaning:
    found = meaning(one.event)
    match = await find(conn, one.event, now, by_mail=one.sender == events.BOUNCES)
    if match is None:
        await events.mark(conn, one.id, _UNMATCHED, now)
        return found
    happened = min(one.event.at or now, now)
    effect = await _EFFECTS[found.consequence](conn, match, found.reason, happened, now)
    await events.mark(conn, one.id, effect, now, reader_id=match.reader_id, edition_id=match.edition_id)
    return found


async def find(conn: Connection, event: Event, now: datetime, *, by_mail: bool = False) -> Match | None:
    """Return whom an event is about; None unless it names a mail of ours, or a reader who was mailed lately.

    Best is a return address that only we can have made; then the provider's or our own name of the mail. Anybody can
    write a mail: one that names nothing but an address has to bring back a mail, or its head.
    """
    if event.subscription_id is not None:
        return await _by_subscription(conn, event.subscription_id, event.message_id, now)
    try:
        key = addresses.parse(event.address).key
    except ValueError:
        key = ""
    if event.remote_id and (found := await matching.by_remote_id(conn, event.remote_id, key)):
        return found
    if not key:
        return None
    if found := await _by_message_id(conn, event.message_id, key):
        return found
    if by_mail and not event.returned:
        return None
    return await matching.by_address(conn, key, now - MAILED_WITHIN)


async def _by_subscription(conn: Connection, number: int, name: str, now: datetime) -> Match | None:
    """Return the mail to a subscription's reader that is meant: the one that came back, or the latest."""
    match = await matching.by_subscription(conn, number)
    if match is None:
        return None
    if found := await _by_message_id(conn, name, match.key):
        return found
    latest = await matching.by_address(conn, match.key, now - MAILED_WITHIN)
    return latest if latest and latest.newsletter == match.newsletter else match


async def _by_message_id(conn: Connection, name: str, key: str) -> Match | None:
    """Return the delivery that a Message-ID of ours names, where it is one to the reader of an address."""
    local, _, domain = name.rpartition("@")
    edition = local.rpartition(".")[0]
    found = await matching.by_edition(conn, edition, key) if edition else None
    return found if found and message_id(edition, found.reader_id, domain) == name else None


Effect: TypeAlias = Callable[[Connection, Match, str, datetime, datetime], Coroutine[Any, Any, str]]


async def _suppress(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    new = await effects.suppress(conn, match, reason, now)
    return "suppressed" if new else "was suppressed already"


async def _complain(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    await effects.unsubscribe(conn, match, now, everywhere=True)
    await effects.suppress(conn, match, reason, now)
    return "unsubscribed from everything, and suppressed for good"


async def _leave(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    ended = await effects.unsubscribe(conn, match, now)
    what = match.newsletter or "everything"
    return f"unsubscribed from {what}" if ended else f"had left {what} already"


async def _count(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    today = happened.astimezone(UTC).date()
    await effects.count_soft(conn, match, today)
    since = today - timedelta(days=SOFT_BOUNCE_DAYS)
    bounces = [
        SoftBounce(day, edition_id)
        for day, edition_id in await effects.soft_bounces(conn, match.reader_id, since)
    ]
    arrived = await effects.arrivals(conn, match.reader_id, since, happened - effects.ARRIVED_AFTER)
    if not is_spent(bounces, today, delivered=arrived):
        return f"counted: mails came back on {len(bounces)} of the last {SOFT_BOUNCE_DAYS} days"
    words = f"mails came back on {len(bounces)} days within {SOFT_BOUNCE_DAYS}, lastly: {reason}"
    return await _suppress(conn, match, words, happened, now)


async def _blame_us(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    return "it is about us, not about the reader: look after the sender"


async def _note(conn: Connection, match: Match, reason: str, happened: datetime, now: datetime) -> str:
    return "noted"


_EFFECTS: Mapping[Consequence, Effect] = {
    Consequence.SUPPRESSED: _suppress,
    Consequence.COMPLAINED: _complain,
    Consequence.LEFT: _leave,
    Consequence.COUNTED: _count,
    Consequence.OURS: _blame_us,
    Consequence.NOTHING: _note,
}
