"""Seats at editions: as many machines as there are may deliver one edition together; PostgreSQL only."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.jobs import kinds, machines, queue


async def offer(conn: AsyncConnection, *edition_ids: int) -> int:
    """Offer a seat to each machine that delivers, in the transaction that opens editions; return how many are new."""
    if not edition_ids or conn.dialect.name != "postgresql":
        return 0
    seats = max(1, await machines.count(conn, kinds.DELIVER.name))
    return await queue.put(
        conn, [kinds.deliver(edition_id, seat) for edition_id in edition_ids for seat in range(seats)]
    )
