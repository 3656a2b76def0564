"""Leave a newsletter through one's own link, take that back, pause instead, and say why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.errors import UsageError
from digest.model import LeavingReason, SubscriptionStatus
from digest.store.people import leaving as store
from digest.store.people.leaving import Standing
from digest.tools import Tools
from digest.usecases.readers.subscriptions import known_newsletter

#: How long leaving can be undone: whoever has a forwarded mail must not bring back who left long ago.
UNDO_FOR = timedelta(hours=1)

#: How many weeks a reader may pause instead of leaving.
PAUSE_WEEKS = (2, 4, 8, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How a subscription stands, and what its reader may still do about having left."""

    newsletter: str
    language: str  # the reader's own, "" for the newsletter's
    subscribed: bool  # neither this nor `left`: not confirmed yet
    left: bool
    paused_until: datetime | None
    undo_until: datetime | None  # None where there is nothing to undo
    may_say_why: bool


async def look(tools: Tools, subscription_id: int) -> Choices | None:
    """Return how a subscription stands; None where there is none, or its reader is forgotten."""
    async with tools.db.connect() as conn:
        return _choices(await store.find(conn, subscription_id), tools.clock())


async def leave(tools: Tools, subscription_id: int) -> Choices | None:
    """End a subscription at once; safe to repeat."""
    now = tools.clock()
    async with tools.db.begin() as conn:
        await store.leave(conn, subscription_id, now)
        return _choices(await store.find(conn, subscription_id), now)


async def undo(tools: Tools, subscription_id: int) -> Choices | None:
    """Take back a leaving of the last hour; nothing else is brought back."""
    now = tools.clock()
    async with tools.db.begin() as conn:
        await store.undo(conn, subscription_id, now - UNDO_FOR, now)
        return _choices(await store.find(conn, subscription_id), now)


async def pause(tools: Tools, subscription_id: int, weeks: int) -> Choices | None:
    """Pause a subscription instead of leaving, also one that was left within the last hour.

    Raises UsageError for a number of weeks that is not offered.
    """
    if weeks not in PAUSE_WEEKS:
        raise UsageError(f"a pause may last {', '.join(map(str, PAUSE_WEEKS))} weeks, not {weeks}")
    now = tools.clock()
    async with tools.db.begin() as conn:
        await store.undo(conn, subscription_id, now - UNDO_FOR, now)
        await store.pause(conn, subscription_id, now + timedelta(weeks=weeks))
        return _choices(await store.find(conn, subscription_id), now)


async def say_why(tools: Tools, subscription_id: int, reason: LeavingReason) -> Choices | None:
    """Count why a reader left, once for each time of leaving."""
    now = tools.clock()
    async with tools.db.begin() as conn:
        await store.count_reason(conn, subscription_id, reason, now)
        return _choices(await store.find(conn, subscription_id), now)


async def reasons(tools: Tools, newsletter: str = "", months: int = 12) -> dict[LeavingReason, int]:
    """Return how many readers gave each reason for leaving a newsletter, this month and those before it.

    Raises UsageError for a newsletter that never was.
    """
    name = await known_newsletter(tools, newsletter or tools.settings.newsletter().name)
    now = tools.clock()
    month = now.year * 12 + now.month - 1 - (months - 1)
    found = await store.reasons(tools.db, name, f"{month // 12:04}-{month % 12 + 1:02}")
    return {reason: found.get(reason, 0) for reason in LeavingReason}


def _choices(found: Standing | None, now: datetime) -> Choices | None:
    if found is None or not found.address:
        return None
    left = found.status is SubscriptionStatus.UNSUBSCRIBED
    until = found.since + UNDO_FOR
    return Choices(
        newsletter=found.newsletter,
        language=found.language,
        subscribed=found.status is SubscriptionStatus.CONFIRMED,
        left=left,
        paused_until=found.paused_until if found.paused_until and found.paused_until > now else None,
        undo_until=until if left and found.left_as == SubscriptionStatus.CONFIRMED and now <= until else None,
        may_say_why=left and not found.left_told,
    )
