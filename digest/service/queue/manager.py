"""procrastinate's access to its tables, made to bear what networks and dead processes do.

As it comes, a worker ends when the database is away for a moment, and one that was taken for dead and lives again writes
over its successor's job. Here a lost connection is waited out, and every statement that ends a job says whose it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from procrastinate import exceptions
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager, NotificationCallback

from digest.clock import steady, utc_now
from digest.errors import StoreError
from digest.store.db.database import Database
from digest.store.jobs import queue

log = logging.getLogger("digest")

_STATEMENT_SECONDS = 30.0  # seconds that the server may take to hand out a job
_PATIENCE_SECONDS = 60.0  # seconds for which the end of a job is tried to be written
_PAUSE_SECONDS = 1.0  # seconds between two tries
_LISTEN_AGAIN_SECONDS = 5.0

#: What a connection that was lost, or cannot be made, looks like.
LOST = (exceptions.ConnectorException, TimeoutError, OSError)


class FencedManager(JobManager):
    """Of one worker: takes jobs, gives signs of life, and ends jobs that are still its own."""

    def __init__(self, connector: BaseConnector, db: Database, tell: Callable[[Sequence[str]], None]) -> None:
        super().__init__(connector)
        self._db, self._tell = db, tell
        self.worker: int | None = None
        self._mine: set[int] = set()  # jobs that were taken and have not ended
        self._unsure = False  # whether there may be jobs that we have without knowing
        self._beat_at = steady()
        self._pruned = False

    @property
    def is_lost(self) -> bool:
        """Whether other machines take this worker for dead by now, and do its jobs."""
        return self._pruned or steady() - self._beat_at > queue.STALLED_AFTER_SECONDS

    async def register_worker(self) -> int:
        self.worker = await super().register_worker()
        self._beat_at = steady()
        return self.worker

    async def update_heartbeat(self, worker_id: int) -> None:
        begun = steady()
        try:
            lives = await queue.beat(self._db, worker_id)
        except StoreError as error:
            self._tell([str(error)])
            return
        if begun - self._beat_at > queue.STALLED_AFTER_SECONDS or not lives:
            self._pruned = True
        self._beat_at = begun
        self._tell([])

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Take a job; None also while the server cannot be asked."""
        if self.is_lost:
            return None
        try:
            if self._unsure:
                await queue.disown(self._db, worker_id, self._mine)
                self._unsure = False
            async with asyncio.timeout(_STATEMENT_SECONDS):
                job = await super().fetch_job(queues, worker_id)
        except StoreError as error:
            self._tell([str(error)])
            return None
        except LOST:  # perhaps after the server has given us one
            self._unsure = True
            return None
        if job and job.id:
            self._mine.add(job.id)
        return job

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        end = queue.done if status is Status.SUCCEEDED else queue.failed
        await self._end(job, lambda job_id, worker: end(self._db, job_id, worker))

    async def retry_job(self, job: Job, retry_at: datetime | None = None, *_: Any, **__: Any) -> None:
        seconds = (retry_at - utc_now()).total_seconds() if retry_at else 0.0
        await self._end(job, lambda job_id, worker: queue.put_back(self._db, job_id, worker, seconds))

    async def _end(self, job: Job, write: Callable[[int, int], Awaitable[bool]]) -> None:
        """Write how a job ended, if it is still ours; what cannot be written for long is done again."""
        assert job.id is not None
        assert job.worker_id is not None
        began = steady()
        try:
            while True:
                try:
                    await write(job.id, job.worker_id)
                    return
                except StoreError as error:
                    self._tell([str(error)])
                    if steady() - began > _PATIENCE_SECONDS or self._pruned:
                        self._unsure = True
                        return
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self._mine.discard(job.id)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        while True:
            try:
                await super().listen_for_jobs(on_notification=on_notification, queues=queues)
            except LOST:
                log.debug("the connection that jobs are told on was lost; jobs are looked for meanwhile")
            await asyncio.sleep(_LISTEN_AGAIN_SECONDS)

    async def list_jobs_to_abort_async(self, queue: str | None = None) -> Iterable[int]:
        return []  # nobody asks for that: editions are cancelled in the ledger
