"""Take back what processes that are gone had in hand."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping

from digest.delivery.context import Context
from digest.delivery.editions.opened import Opened
from digest.model import EditionStatus
from digest.store.ledger import leases
from digest.store.ledger.leases import Holder

log = logging.getLogger("digest")


async def _leave(_: Holder) -> None:
    """Take over no call."""


class Recovery:
    """Recovers rows; `adopt` takes over the calls of a process that is gone, which can be repeated."""

    def __init__(self, context: Context, opened: Mapping[int, Opened]) -> None:
        self.adopt: Callable[[Holder], Awaitable[None]] = _leave
        self._context, self._open = context, opened

    async def recover(self, held: Collection[Holder], over: Collection[int]) -> None:
        """Recover the rows of those holders that are gone, also of editions that may not be sent now."""
        context = self._context
        for holder in context.watch.gone(held, context.owner, context.at()):
            if self._is_ours_to_recover(holder, over):
                await self._recover(holder)

    def _is_ours_to_recover(self, holder: Holder, over: Collection[int]) -> bool:
        """Leave an edition alone that another run sends, or that this configuration knows no policy for."""
        if holder.status is not EditionStatus.SENDING:
            return True
        return holder.edition_id in self._open or holder.edition_id in over

    async def _recover(self, holder: Holder) -> None:
        goes_on = holder.edition_id in self._open or holder.status is EditionStatus.PAUSED
        resend = goes_on and holder.newsletter not in self._context.policy.hold
        await self.adopt(holder)
        async with self._context.db.begin() as conn:
            now = self._context.now().wall
            doubts = await leases.recover(conn, holder, resend=resend, now=now)
        log.warning(
            "%s: a process that was delivering is gone; %d readers may have had their copy",
            holder.edition,
            doubts,
        )
