"""Our kinds of jobs as procrastinate's tasks: what is done, what failed in words, and when it is tried again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job

from digest.clock import utc_now
from digest.errors import DigestError, StoreError
from digest.service.jobs.running import PutBack, Running
from digest.service.jobs.work import AFTERWARDS, WORK
from digest.store.jobs import failures
from digest.store.jobs.kinds import Kind

log = logging.getLogger("digest")

_MAX_DATABASE_PAUSE_SECONDS = 30.0  # seconds between two tries while the database fails


@dataclass
class Doing:
    """What one lane does at the moment, and whether that is to be ended."""

    running: Running
    machine: str
    tasks: dict[int, tuple[Kind, asyncio.Task[Any]]] = field(default_factory=dict)
    over: bool = False

    def cut(self) -> None:
        """End what may be ended at any moment; it is queued again."""
        self.over = True
        for kind, task in self.tasks.values():
            if kind.may_be_cut:
                task.cancel()


class BackOff(BaseRetryStrategy):
    """Try again after a pause that doubles."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        seconds = pause(self._kind, exception, job.attempts)
        return None if seconds is None else RetryDecision(retry_at=utc_now() + timedelta(seconds=seconds))


def pause(kind: Kind, error: BaseException, attempts: int) -> float | None:
    """Return the seconds until a job is tried again that failed with `error` after so many attempts; None: not again."""
    if isinstance(error, PutBack):
        return None if error.most_attempts and attempts >= error.most_attempts else error.seconds
    if isinstance(error, asyncio.CancelledError):
        return 0.0
    if isinstance(error, StoreError):  # not the job's fault: the database comes back
        return float(min(2 ** min(attempts, 20), _MAX_DATABASE_PAUSE_SECONDS))
    if kind.attempts is not None and attempts + 1 >= kind.attempts:
        return None
    return float(min(kind.first_pause * 2 ** min(attempts, 20), kind.max_pause))


def register(app: App, kind: Kind, doing: Doing) -> None:
    """Have an app do a kind of job."""

    @app.task(name=kind.name, queue=kind.name, pass_context=True, retry=BackOff(kind))
    async def task(context: JobContext, /, **ids: Any) -> None:
        await _do(kind, context.job, ids, doing)


async def _do(kind: Kind, job: Job, ids: dict[str, Any], doing: Doing) -> None:
    task, job_id = asyncio.current_task(), job.id
    assert task is not None
    assert job_id is not None
    doing.tasks[job_id] = (kind, task)
    tell: Callable[..., None] = doing.running.tools.notices.tell
    try:
        if doing.over and kind.may_be_cut:
            raise PutBack("the process ends", 0.0)
        tell(kind.name, await WORK[kind.name](doing.running, [ids]))
        if afterwards := AFTERWARDS.get(kind.name):
            await afterwards(doing.running, ids)
    except asyncio.CancelledError:
        task.uncancel()
        raise PutBack("it was cut", 0.0) from None
    except PutBack as error:
        await _note(doing, job_id, str(error))
        raise
    except DigestError as error:
        tell(kind.name, str(error).splitlines(), level=logging.ERROR)
        await _note(doing, job_id, str(error))
        raise
    except Exception as error:
        log.exception('a mistake of the program in job %d ("%s"); the service goes on', job_id, kind.name)
        await _note(
            doing, job_id, f"a mistake of the program: {type(error).__name__}; the log has the details"
        )
        raise
    finally:
        doing.tasks.pop(job_id, None)


async def _note(doing: Doing, job_id: int, words: str) -> None:
    with suppress(StoreError):  # then the log has them
        await failures.note(doing.running.tools.db, job_id, words, doing.machine)
