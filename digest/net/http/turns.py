"""Turns: one request at a time to each host, with a pause after it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from digest.net.http.addresses import is_this_machine


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


class Turns:
    """Keeps hosts from being asked twice at once; this machine itself needs no such courtesy."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str, *, at_once: bool = False) -> AsyncIterator[None]:
        """Wait for a host to be free, and unless `at_once` for the pause after the last request to it."""
        if is_this_machine(host):
            yield
            return
        loop = asyncio.get_running_loop()
        state = self._hosts.setdefault(host, _Host())
        async with state.lock:
            if not at_once:
                await asyncio.sleep(max(0.0, state.free_at - loop.time()))
            try:
                yield
            finally:
                state.free_at = loop.time() + self._pause
