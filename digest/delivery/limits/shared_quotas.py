"""What senders have used of their long rates, kept in the ledger: processes share it, restarts change nothing."""

from __future__ import annotations

from collections.abc import Iterable

from digest.delivery.limits.rates import SLOTS
from digest.delivery.pending_changes import PendingChanges
from digest.delivery.queue.sender_queue import SenderQueue
from digest.store.db.database import Database
from digest.store.ledger import quotas


async def keep_to(db: Database, pending: PendingChanges, at: float, wall: float) -> None:
    """Put back what is more than the senders' long rates allow to all processes together."""
    for index, (queue, chosen) in enumerate(pending.chosen):
        if excess := await settle(db, queue, len(chosen), at, wall):
            pending.chosen[index] = queue, chosen[:-excess]
            pending.back = pending.back + chosen[-excess:]


async def settle(db: Database, queue: SenderQueue, n: int, at: float, wall: float) -> int:
    """Write down what a queue took of its rates; return how many of its latest `n` others have taken meanwhile.

    All are added up in one transaction, so that processes which help themselves at once do not each find the whole rate
    free. `at` is monotonic, `wall` the time of the day, both in seconds.
    """
    if not queue.pacer.quotas:
        return 0
    await _write(db, queue, wall)
    excess = min(n, max(-quota.free(wall) for quota in queue.pacer.quotas))
    if excess <= 0:
        return 0
    queue.pacer.take(-excess, at, wall)
    await _write(db, queue, wall)
    return excess


async def _write(db: Database, queue: SenderQueue, wall: float) -> None:
    found = []
    async with db.begin() as conn:
        for quota in queue.pacer.quotas:
            taken = dict(quota.unsaved)
            for change in quotas.using(db.dialect, queue.name, quota.name, taken):
                await change.on(conn)
            if taken:
                await quotas.forgetting(queue.name, quota.name, min(taken) - 2 * SLOTS).on(conn)
            found.append((quota, taken, await quotas.used(conn, queue.name, quota.name, *quota.span(wall))))
    for quota, taken, used in found:
        quota.saved(taken)
        quota.fill(used)


async def read(db: Database, queues: Iterable[SenderQueue], wall: float) -> None:
    """See what other processes, and we before, have used; `wall` is the time of the day in seconds."""
    for queue in queues:
        for quota in queue.pacer.quotas:
            async with db.connect() as conn:
                quota.fill(await quotas.used(conn, queue.name, quota.name, *quota.span(wall)))
