"""One lane of a process: a procrastinate worker for some kinds of jobs, replaced whenever it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from procrastinate import App, PsycopgConnector, exceptions
from psycopg_pool import AsyncConnectionPool

from digest.errors import StoreError
from digest.service.jobs.running import Running
from digest.service.queue.manager import LOST, FencedManager
from digest.service.queue.tasks import Doing, register
from digest.store.jobs import queue
from digest.store.jobs.kinds import Kind, Lane

#: What the log says once, however many lanes find it.
LOST_WORDS = (
    "this machine's signs of life did not reach the database in time: others do its jobs, and it begins again"
)

#: What is under way when the process is told to stop may take so long; then it is ended, and queued again.
DRAIN_SECONDS = 40.0

#: What may be cut at any moment may take so long of that.
GRACE_SECONDS = 10.0

_LOOK_SECONDS = 1.0  # seconds between two looks whether the worker is lost
_POLL_SECONDS = 5.0  # seconds after which jobs are looked for that nobody told of
_RESTART_SECONDS = 2.0  # seconds before a lost worker is replaced


class JobLane:
    """Does jobs of some kinds, so many at once, until the process is told to stop."""

    def __init__(
        self, lane: Lane, kinds: Sequence[Kind], concurrency: int, running: Running, machine: str
    ) -> None:
        self._lane, self._queues = lane, [kind.name for kind in kinds]
        self._kinds, self._concurrency, self._running, self._machine = kinds, concurrency, running, machine
        self.worker: int | None = None  # its number in procrastinate's table

    async def run(self, pool: AsyncConnectionPool) -> None:
        """Work until the process is told to stop."""
        stop, notices = self._running.stop, self._running.tools.notices
        while not stop.is_set():
            try:
                await self._work(pool)
            except (exceptions.ProcrastinateException, StoreError, *LOST) as error:
                notices.tell(self._lane, [f"the queue of jobs cannot be used: {_first_line(error)}"])
            if not stop.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _RESTART_SECONDS)

    async def _work(self, pool: AsyncConnectionPool) -> None:
        """Be one worker, until told to stop or lost."""
        tools, stop = self._running.tools, self._running.stop
        connector = PsycopgConnector()
        await connector.open_async(pool)
        doing, app = Doing(self._running, self._machine), App(connector=connector)
        for kind in self._kinds:
            register(app, kind, doing)
        manager = app.job_manager = FencedManager(
            connector, tools.db, lambda problems: tools.notices.tell(self._lane, problems)
        )
        working = asyncio.create_task(
            app.run_worker_async(
                queues=self._queues,
                name=self._lane.value,
                concurrency=self._concurrency,
                install_signal_handlers=False,
                delete_jobs="successful",
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=queue.HEARTBEAT_SECONDS,
                stalled_worker_timeout=queue.STALLED_AFTER_SECONDS,
                shutdown_graceful_timeout=DRAIN_SECONDS,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        try:
            while not working.done() and not stop.is_set() and not manager.is_lost:
                await asyncio.wait(
                    {working, stopping}, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                self.worker = manager.worker
                if self.worker is not None and not manager.is_lost:
                    tools.notices.tell("lost", [])
            if manager.is_lost and not stop.is_set() and not working.done():
                self._running.tools.notices.tell("lost", [LOST_WORDS])
            await self._end(working, doing)
        finally:
            self.worker = None
            stopping.cancel()
            working.cancel()

    async def _end(self, working: asyncio.Task[None], doing: Doing) -> None:
        doing.over = True
        if self._lane is Lane.DELIVERING:
            self._running.let_go.set()
        if not working.done():
            working.cancel()  # it finishes what is under way
        if self._running.stop.is_set():  # a visit that is cut is made once more
            await asyncio.wait({working}, timeout=GRACE_SECONDS)
        doing.cut()
        with suppress(asyncio.CancelledError):
            await working
        if self._lane is Lane.DELIVERING and not self._running.stop.is_set():
            self._running.let_go = asyncio.Event()


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ or error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]
