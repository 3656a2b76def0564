"""Undo what a clock that was ahead has left behind; each machine does so by its own clock."""

from __future__ import annotations

import logging

from digest.store.editions import lifecycle, newsletters
from digest.tools import Tools

log = logging.getLogger("digest")

#: How often it is looked for, in seconds.
CLOCK_REPAIR_SECONDS = 15.0


async def mend_times(tools: Tools) -> None:
    """Undo it as far as it would keep editions from being made."""
    if await tools.timekeeper.look():
        return
    now = tools.clock()
    await newsletters.not_in_the_future(tools.db, now)
    for name in await lifecycle.forget_early(tools.db, now):
        log.warning("%s was skipped before its time had come: it is made when it comes", name)
