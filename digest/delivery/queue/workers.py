"""The tasks that hand copies over while a run lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from digest.delivery.queue.calling import call_by_call
from digest.delivery.queue.sender_queue import SenderQueue
from digest.senders import Streaming


def workers_of(queue: SenderQueue) -> list[Coroutine[Any, Any, None]]:
    """Return what has to run, until cancelled, so that what is ready in a queue is handed over.

    What is under way when they are cancelled is settled as unknown.
    """
    if isinstance(queue.sender, Streaming):
        return [_stream(queue, queue.sender)]
    return [call_by_call(queue) for _ in range(queue.sender.concurrency)]


async def _stream(queue: SenderQueue, sender: Streaming) -> None:
    """Let the sender help itself."""
    try:
        await sender.stream(queue)
    finally:
        queue.abandon()


class Workers:
    """The workers of all queues, and one task that wakes the loop when the run is asked to stop."""

    def __init__(self, queues: Sequence[SenderQueue]) -> None:
        self._queues = queues
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """Start them; `wake` is set when one of them ends, which happens only at the end or by a mistake."""
        works = [worker for queue in self._queues for worker in workers_of(queue)]
        self._tasks = [asyncio.create_task(work) for work in (*works, _wait_for(stop))]
        for task in self._tasks:
            task.add_done_callback(lambda _: wake.set())

    @property
    def at_work(self) -> bool:
        return any(not task.done() for task in self._tasks)

    def raise_what_broke(self) -> None:
        """Raise what a worker, or the queue it served, failed with: a mistake of ours."""
        if crash := next((queue.crash for queue in self._queues if queue.crash), None):
            raise crash
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                raise error

    async def cancel(self) -> None:
        """Cancel the workers; the mails they are handing over are settled as unknown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _wait_for(stop: asyncio.Event) -> None:
    await stop.wait()
