"""What senders have used of their long rates, kept in the ledger: processes share it, restarts change nothing."""

from __future__ import annotations

from digest.delivery.limits.pacer import Pacer
from digest.delivery.limits.rates import SLOTS
from digest.delivery.moment import Moment
from digest.store.db.database import Database
from digest.store.ledger import quotas


async def settle(db: Database, sender: str, pacer: Pacer, n: int, now: Moment) -> int:
    """Write down what a sender took of its rates; return how many of its latest `n` others have taken meanwhile.

    All are added up in one transaction, so that processes which help themselves at once do not each find the whole rate
    free.
    """
    if not pacer.quotas:
        return 0
    await _write(db, sender, pacer, now)
    excess = min(n, max(-quota.free(now.wall_seconds) for quota in pacer.quotas))
    if excess <= 0:
        return 0
    pacer.take(-excess, now)
    await _write(db, sender, pacer, now)
    return excess


async def _write(db: Database, sender: str, pacer: Pacer, now: Moment) -> None:
    found = []
    async with db.begin() as conn:
        for quota in pacer.quotas:
            taken = dict(quota.unsaved)
            for change in quotas.using(db.dialect, sender, quota.name, taken):
                await change.on(conn)
            if taken:
                await quotas.forgetting(sender, quota.name, min(taken) - 2 * SLOTS).on(conn)
            span = quota.span(now.wall_seconds)
            found.append((quota, taken, await quotas.used(conn, sender, quota.name, *span)))
    for quota, taken, used in found:
        quota.saved(taken)
        quota.fill(used)


async def read(db: Database, sender: str, pacer: Pacer, now: Moment) -> None:
    """See what other processes, and we before, have used."""
    for quota in pacer.quotas:
        async with db.connect() as conn:
            quota.fill(await quotas.used(conn, sender, quota.name, *quota.span(now.wall_seconds)))
