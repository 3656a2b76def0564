"""Rows of the ledger as the commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digest.model import Edition
    from digest.settings import Settings
    from digest.store.editions.deliveries import LedgerRow

STATES = ("queued", "claimed", "sending", "sent", "deferred", "refused", "unknown", "skipped")


def domain(loaded: Settings, edition: Edition) -> str:
    """Return the domain that an edition's Message-IDs stand on; "" if its newsletter is not configured any more."""
    from digest.pipeline.personalise import letterhead

    newsletters = {entry.name: entry for entry in loaded.newsletters}
    return letterhead(newsletters[edition.newsletter]).domain if edition.newsletter in newsletters else ""


def entry(row: LedgerRow, edition: Edition, domain: str) -> dict[str, Any]:
    from digest.message import message_id

    return {
        "address": row.address,
        "state": row.state.value,
        "attempts": row.attempts,
        "message_id": message_id(edition.name, row.reader_id, domain) if domain else None,
        "reply": row.reply,
        "at": row.at,
        "next": row.not_before,
        "in_doubt_since": row.doubted_at,
    }
