"""What a person who acts on an edition does first: take back what dead processes of this machine had in hand."""

from __future__ import annotations

from datetime import datetime

from digest.delivery.liveness import ended
from digest.store.db.database import Database
from digest.store.ledger import leases


async def take_back(db: Database, edition_id: int, *, resend: bool, now: datetime) -> int:
    """Take back an edition's deliveries from processes that have ended here; return how many of them are in doubt.

    Those of other machines need a process that watches them (see `liveness.LivenessTracker`).
    """
    async with db.connect() as conn:
        held = await leases.holders(conn)
    doubts = 0
    for holder in held:
        if holder.edition_id == edition_id and ended(holder.owner):
            async with db.begin() as conn:
                doubts += await leases.recover(conn, holder, resend=resend, now=now)
    return doubts
