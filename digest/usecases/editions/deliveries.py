"""The ledger of an edition: who got it, when, and what the other side said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from digest.delivery.liveness import departed
from digest.message import message_id
from digest.model import Edition, State
from digest.pipeline.personalise import letterhead
from digest.settings import Settings
from digest.store.editions import deliveries, editions
from digest.store.editions.deliveries import LedgerRow
from digest.store.ledger.leases import holders
from digest.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """A row of the ledger, and the Message-ID of its mail; None where the newsletter is not configured any more."""

    row: LedgerRow
    message_id: str | None

    def as_json(self) -> dict[str, Any]:
        row = self.row
        return {
            "address": row.address,
            "state": row.state.value,
            "attempts": row.attempts,
            "message_id": self.message_id,
            "reply": row.reply,
            "at": row.at,
            "next": row.not_before,
            "in_doubt_since": row.doubted_at,
        }


async def list_(tools: Tools, edition: str, state: State | None = None) -> AsyncIterator[ListedDelivery]:
    """Yield the deliveries of an edition, of all states or of one, page by page.

    `unknown` means all who were ever in doubt, also where a later attempt succeeded. Raises UsageError for a name that no
    edition has.
    """
    found = await editions.by_name(tools.db, edition)
    gone = await departed_owners(tools)
    async for one in listed(tools.settings, found, deliveries.rows(tools.db, found.id, state, gone=gone)):
        yield one


async def listed(
    settings: Settings, edition: Edition, rows: AsyncIterator[LedgerRow]
) -> AsyncIterator[ListedDelivery]:
    """Give rows of an edition's ledger the Message-IDs of their mails."""
    newsletters = {entry.name: entry for entry in settings.newsletters}
    known = newsletters.get(edition.newsletter)
    domain = letterhead(known).domain if known else ""
    async for row in rows:
        id_ = message_id(edition.name, row.reader_id, domain) if domain else None
        yield ListedDelivery(row=row, message_id=id_)


async def departed_owners(tools: Tools) -> set[str]:
    """Return the owners of deliveries whose processes are gone, as far as a single look can tell."""
    async with tools.db.connect() as conn:
        return departed(await holders(conn), tools.clock())
