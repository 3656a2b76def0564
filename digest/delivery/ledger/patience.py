"""Wait out a database that fails, for a while."""

from __future__ import annotations

import asyncio
import logging

from digest.errors import StoreError

log = logging.getLogger("digest")

_GIVE_UP_AFTER_SECONDS = 20.0  # seconds for which a database that fails is tried again
_PAUSE_SECONDS = 0.5  # seconds between two tries


class Patience:
    """Knows since when a database has failed."""

    def __init__(self) -> None:
        self._failing_since: float | None = None

    def worked(self) -> None:
        """Note that something was written."""
        self._failing_since = None

    async def wait_out(self, error: StoreError, unwritten: int) -> None:
        """Wait a little before the next try; raises StoreError when it has failed for too long."""
        at = asyncio.get_running_loop().time()
        if self._failing_since is None:
            self._failing_since = at
            log.warning("%s Trying again.", error)
        if at - self._failing_since > _GIVE_UP_AFTER_SECONDS:
            lost = f" {unwritten} results could not be written; these readers will be listed as unknown."
            raise StoreError(f"{error}{lost if unwritten else ''}") from error
        await asyncio.sleep(_PAUSE_SECONDS)
