"""The tasks that hand copies over while a run lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from digest.delivery.queue.lanes import Lane


class Workers:
    """Those of all lanes, and one task that makes the clerk look up when we are asked to stop."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._lanes = lanes
        self._tasks: list[asyncio.Task[None]] = []

    def hire(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Start them; `wake` is set when one of them ends, which none does before it must."""
        works = [worker for lane in self._lanes for worker in lane.workers()]
        self._tasks = [asyncio.create_task(work) for work in (*works, _wait_for(stop))]
        for task in self._tasks:
            task.add_done_callback(lambda _: wake.set())

    @property
    def at_work(self) -> bool:
        return any(not task.done() for task in self._tasks)

    def raise_what_broke(self) -> None:
        """Raise what a worker, or a lane that it called, ended with: a mistake of ours."""
        if crash := next((lane.crash for lane in self._lanes if lane.crash), None):
            raise crash
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def dismiss(self) -> None:
        """End them; what they have in hand is settled as unknown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _wait_for(stop: asyncio.Event) -> None:
    await stop.wait()
