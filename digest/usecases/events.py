"""What email services and mails that came back reported, and what that did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.model import EventType
from digest.pipeline import feedback
from digest.store.feedback import events
from digest.store.feedback.events import StoredEvent
from digest.tools import Tools

WAITING = "waits to be acted on"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """An event as commands show it; `at` is when it happened, or when it came in."""

    stored: StoredEvent

    @property
    def at(self) -> datetime:
        return self.stored.event.at or self.stored.received_at

    @property
    def effect(self) -> str:
        return self.stored.effect or WAITING

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.stored.id,
            "sender": self.stored.sender,
            "type": self.stored.event.type.value,
            "address": self.stored.event.address,
            "at": self.at.isoformat(),
            "effect": self.effect,
        }

    def as_whole_json(self) -> dict[str, Any]:
        """Return everything that is known of it."""
        event = self.stored.event
        processed = self.stored.processed_at
        return self.as_json() | {
            "code": event.code,
            "text": event.text,
            "permanent": event.lasting,
            "message_id": event.message_id,
            "remote_id": event.remote_id,
            "key": event.key,
            "received_at": self.stored.received_at.isoformat(),
            "processed_at": processed.isoformat() if processed else None,
        }


async def list_(
    tools: Tools, *, sender: str = "", type_: EventType | None = None, limit: int = 50
) -> list[ListedEvent]:
    """Return the latest events, newest first."""
    found = await events.list_(tools.db, sender=sender, type_=type_, limit=limit)
    return [ListedEvent(stored=one) for one in found]


async def show(tools: Tools, id_: int) -> ListedEvent:
    """Return an event; raises UsageError if there is none."""
    return ListedEvent(stored=await events.get(tools.db, id_))


async def replay(tools: Tools, id_: int) -> ListedEvent:
    """Judge an event once more and act on it; raises UsageError if there is none. Safe to repeat."""
    await events.get(tools.db, id_)
    await events.replay(tools.db, id_)
    await feedback.process(tools)
    return await show(tools, id_)
