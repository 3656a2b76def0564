"""Take back what was recorded for readers while a sender gave every reader the same answer (see `sender_standing`)."""

from __future__ import annotations

import logging
from datetime import timedelta

from digest.delivery.limits.streaks import Row
from digest.delivery.moment import Moment
from digest.store.db.database import Database
from digest.store.ledger import undo

log = logging.getLogger("digest")

# The other readers go first. If these few are refused for reasons of their own, they must not be the first ones again
# after every restart.
_OTHERS_FIRST_SECONDS = 20.0


async def take_back(db: Database, row: Row, now: Moment, *, another: bool) -> None:
    """Queue the readers of a row again, also where another process recorded it, or we before we were killed.

    `another` says that another sender can take the readers at once.
    """
    begun = now.wall - timedelta(seconds=now.at - row.since + 1)
    async with db.begin() as conn:
        since = await undo.since_the_last_mail(conn, row.edition_id, begun)
        later = None if another else now.wall + timedelta(seconds=_OTHERS_FIRST_SECONDS)
        taken = await undo.take_back(conn, row.edition_id, row.fits, since=since, not_before=later)
    if taken:
        log.warning("%d readers are queued again: what was said of their mails was about the sender", taken)
