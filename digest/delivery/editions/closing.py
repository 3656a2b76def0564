"""Close editions that have nothing open any more, and give up the rest of those whose deadline has passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest.delivery.context import Context
from digest.delivery.editions.opened import Findings, Opened
from digest.store.editions import editions, lifecycle
from digest.store.ledger import undo
from digest.store.ledger.claims import Connection
from digest.terminal import counted


class Closing:
    """Closes open editions; `all_alike` tells whether a sender was the cause of refusing every reader."""

    def __init__(self, context: Context, opened: dict[int, Opened], findings: Findings) -> None:
        self.all_alike: Callable[[int], bool] = lambda _: False
        self._db = context.db
        self._open, self._findings = opened, findings

    async def close(self, edition_id: int, now: datetime, *, over: bool) -> None:
        """Close an edition if nothing of it is open; with `over`, give up first what has not been handed over."""
        given_up = 0
        async with self._db.begin() as conn:
            if over:
                given_up = await lifecycle.skip_rest(conn, edition_id, lifecycle.DEADLINE, now)
            closed = await lifecycle.finish(conn, edition_id, now)
            closed = closed and not await self._goes_on(conn, edition_id, over=over)
        if closed:
            self._open.pop(edition_id, None)
        if given_up:
            await self._tell_given_up(edition_id, given_up)

    async def _goes_on(self, conn: Connection, edition_id: int, *, over: bool) -> bool:
        """Hold an edition that is done and has reached nobody; True if it was the sender, and the edition goes on."""
        refused = await undo.reached_nobody(conn, edition_id)
        if not refused:
            return False
        if not over and self.all_alike(edition_id):
            await undo.go_on(conn, edition_id)
            return True
        reason = f"it reached nobody: every mail was refused ({counted(refused, 'reader')})"
        await undo.hold(conn, edition_id, reason)
        if opened := self._open.get(edition_id):
            self._findings.reached_nobody.append(opened.edition.name)
            self._findings.problems[f"edition {opened.edition.name} is held: {reason}"] = None
        return False

    async def _tell_given_up(self, edition_id: int, n: int) -> None:
        """Say that readers do not get an edition because it took too long."""
        if edition := await editions.get(self._db, edition_id):
            self._findings.events.append(
                f"{edition.name}: its deadline has passed, and {counted(n, 'reader')} did not get it; "
                f'"digest deliveries retry {edition.name} --state skipped" sends it to them after all'
            )
