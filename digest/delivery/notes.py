"""Note outside the ledger, while mails leave, that they do."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from digest.delivery.progress import Meter
from digest.errors import StoreError

_SECONDS_BETWEEN_NOTES = 1.0  # seconds between two notes, at least


class Notes:
    """Calls `note` before the first mail leaves and about once a second while answers come."""

    def __init__(self, note: Callable[[], Awaitable[object]], meter: Meter) -> None:
        self._note, self._meter = note, meter
        self._noted_at, self._handled = float("-inf"), 0

    async def begin(self) -> None:
        await self._note()

    async def go_on(self, at: float) -> None:
        """Note again where there were answers since; `at` is monotonic, in seconds."""
        if self._meter.handled > self._handled and at - self._noted_at >= _SECONDS_BETWEEN_NOTES:
            with contextlib.suppress(StoreError):  # LedgerSync deals with a database that fails
                await self._note()
            self._noted_at, self._handled = at, self._meter.handled
