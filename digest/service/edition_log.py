"""Log how editions ended, whichever process sent them."""

from __future__ import annotations

import asyncio
import logging

from digest.model import Edition, EditionStatus, State, Tally
from digest.model.amounts import spoken
from digest.store.editions import deliveries, editions
from digest.terminal import counted
from digest.tools import Tools

log = logging.getLogger("digest")

#: Whom a person should look after.
_MISSED = (State.REFUSED, State.UNKNOWN)


class EditionLog:
    """Tells the log what became of editions that were being sent, whichever process sent them."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._open: set[int] = set()
        self._one_at_a_time = asyncio.Lock()

    def opened(self, edition: Edition) -> None:
        """Take note of an edition, which may be finished before the next look."""
        self._open.add(edition.id)

    async def tell(self) -> None:
        """Say of each edition that is not being sent any more how it ended and who has to be looked after."""
        async with self._one_at_a_time:
            before = set(self._open)
            async with self._tools.db.connect() as conn:
                sending = {edition_id for edition_id, _ in await editions.sending(conn)}
            self._open = (self._open - before) | sending
            for edition_id in sorted(before - sending):
                if edition := await editions.get(self._tools.db, edition_id):
                    late = await deliveries.given_up(self._tools.db, edition_id)
                    self._say(edition, await editions.tally(self._tools.db, edition_id), late)

    def _say(self, edition: Edition, tally: Tally, late: int) -> None:
        status = "paused" if edition.status is EditionStatus.PAUSED else edition.status.value
        why = f" ({edition.reason})" if edition.reason else ""
        counts = ", ".join(f"{tally[state]:,} {state.value}" for state in State if tally[state]) or "nobody"
        took = spoken(self._tools.clock() - edition.opened_at)
        of = counted(tally.recipients, "reader")
        log.info("%s: %s%s after %s: %s of %s", edition.name, status, why, took, counts, of)
        missed = [f"{tally[state]:,} {state.value}" for state in _MISSED if tally[state]]
        missed += [f"{late:,} given up at the deadline"] if late else []
        if missed:
            more = f"digest editions show {edition.name}"
            log.warning('%s: %s; "%s" lists them with the reasons', edition.name, ", ".join(missed), more)
