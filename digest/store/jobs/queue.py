"""Put jobs into the queue, and end them; PostgreSQL only, on procrastinate's own tables.

Jobs are put in the very transaction that needs them. Every statement that ends a job checks that it is still the same
worker's: one that was taken for dead and lives again changes nothing. All moments are the server's, because machines'
clocks differ. On SQLite there is no queue: the only machine does what is due (`digest.service.jobs.due`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.jobs.kinds import Job

HEARTBEAT_SECONDS = 5.0  # seconds between a worker's signs of life
STALLED_AFTER_SECONDS = 20.0  # seconds without one after which its jobs are done by another

_PUT = text("""
    WITH under_way AS MATERIALIZED (
        SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'doing' AND queueing_lock IS NOT NULL
    )
    INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
    SELECT job.name, job.name, job.priority, job.lock, job.key, job.ids
    FROM jsonb_to_recordset(CAST(:jobs AS jsonb))
        AS job (n int, name text, priority int, lock text, key text, ids jsonb)
    WHERE job.key NOT IN (SELECT queueing_lock FROM under_way)
    ORDER BY job.n
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    RETURNING id
""")
_OURS = "id = :id AND worker_id = :worker AND status = 'doing'"
_DONE = text(f"DELETE FROM procrastinate_jobs WHERE {_OURS}")  # noqa: S608
_FAILED = text(
    f"UPDATE procrastinate_jobs SET status = 'failed', attempts = attempts + 1 WHERE {_OURS}"  # noqa: S608
)
_BACK = text(f"""
    UPDATE procrastinate_jobs SET
        status = 'todo', worker_id = NULL, attempts = attempts + 1,
        scheduled_at = CASE WHEN :seconds > 0 THEN now() + make_interval(secs => :seconds) END
    WHERE {_OURS}
""")  # noqa: S608
_FORGET = text("""
    DELETE FROM job_failure WHERE job_id = :id AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE id = :id)
""")
#: Jobs under way of workers that gave no sign of life, and those of a worker that does not know of them.
_STALLED = """
    job.status = 'doing' AND NOT EXISTS (
        SELECT 1 FROM procrastinate_workers AS worker
        WHERE worker.id = job.worker_id AND worker.last_heartbeat >= now() - make_interval(secs => :seconds)
    )
"""
_DISOWNED = "job.status = 'doing' AND job.worker_id = :worker AND NOT job.id = ANY(CAST(:mine AS bigint[]))"


def _again(which: str) -> tuple[TextClause, TextClause]:
    """Return what drops those of these jobs whose like waits already, and what queues the others again."""
    drop = text(f"""
        DELETE FROM procrastinate_jobs AS job WHERE {which} AND EXISTS (
            SELECT 1 FROM procrastinate_jobs AS twin
            WHERE twin.status = 'todo' AND twin.queueing_lock = job.queueing_lock
        )
    """)  # noqa: S608
    queue_again = text(f"""
        UPDATE procrastinate_jobs
        SET status = 'todo', worker_id = NULL, attempts = attempts + 1, scheduled_at = NULL
        WHERE id IN (SELECT id FROM procrastinate_jobs AS job WHERE {which} FOR UPDATE SKIP LOCKED)
        RETURNING id
    """)  # noqa: S608
    return drop, queue_again


_RESCUE, _DISOWN = _again(_STALLED), _again(_DISOWNED)
_DROP_DEAD = text(
    "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - make_interval(secs => :seconds)"
)
_BEAT = text("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = :worker RETURNING id")
_HURRY = text("""
    UPDATE procrastinate_jobs SET scheduled_at = NULL
    WHERE status = 'todo' AND task_name = :name AND scheduled_at IS NOT NULL
""")
_OTHERS_WAIT = text("""
    SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND lock = :lock)
""")


async def put(conn: AsyncConnection, jobs: Sequence[Job]) -> int:
    """Queue those of these jobs that neither wait nor are under way; return how many. Nothing on SQLite."""
    if not jobs or conn.dialect.name != "postgresql":
        return 0
    rows = [
        {
            "n": n,
            "name": job.kind.name,
            "priority": job.kind.priority,
            "lock": job.lock,
            "key": job.key,
            "ids": job.ids,
        }
        for n, job in enumerate(jobs)
    ]
    return len((await conn.execute(_PUT, {"jobs": json.dumps(rows)})).all())


async def done(db: Database, job_id: int, worker: int) -> bool:
    """End a job that succeeded; tell whether it was still this worker's."""
    async with db.begin() as conn:
        ours = bool((await conn.execute(_DONE, {"id": job_id, "worker": worker})).rowcount)
        await conn.execute(_FORGET, {"id": job_id})
        return ours


async def failed(db: Database, job_id: int, worker: int) -> bool:
    """End a job that is not tried any more; tell whether it was still this worker's."""
    async with db.begin() as conn:
        return bool((await conn.execute(_FAILED, {"id": job_id, "worker": worker})).rowcount)


async def put_back(db: Database, job_id: int, worker: int, seconds: float) -> bool:
    """Have a job done again in so many seconds; tell whether it was still this worker's."""
    ours = {"id": job_id, "worker": worker}
    try:
        async with db.begin() as conn:
            return bool((await conn.execute(_BACK, ours | {"seconds": max(0.0, seconds)})).rowcount)
    except IntegrityError:  # its like has been queued meanwhile, and does the same
        return await done(db, job_id, worker)


async def rescue(db: Database, seconds: float = STALLED_AFTER_SECONDS) -> list[int]:
    """Queue the jobs of workers that gave no sign of life for so long again; return their ids."""
    found = await _queue_again(db, _RESCUE, {"seconds": seconds})
    async with db.begin() as conn:
        await conn.execute(_DROP_DEAD, {"seconds": seconds})
    return found


async def disown(db: Database, worker: int, mine: Collection[int]) -> list[int]:
    """Queue again what a worker has taken without hearing of it: all but `mine`."""
    return await _queue_again(db, _DISOWN, {"worker": worker, "mine": list(mine)})


async def _queue_again(
    db: Database, statements: tuple[TextClause, TextClause], values: dict[str, Any]
) -> list[int]:
    drop, queue_again = statements
    try:
        async with db.begin() as conn:
            await conn.execute(drop, values)
            return [row.id for row in await conn.execute(queue_again, values)]
    except IntegrityError:  # its like was put at this moment: the next look drops it
        return []


async def beat(db: Database, worker: int) -> bool:
    """Give a worker's sign of life; False where others have taken it for dead."""
    async with db.begin() as conn:
        return (await conn.execute(_BEAT, {"worker": worker})).first() is not None


async def hurry(db: Database, name: str) -> None:
    """Let waiting jobs of a kind be tried at once: a new process may have what they waited for."""
    async with db.begin() as conn:
        await conn.execute(_HURRY, {"name": name})


async def others_wait(db: Database, lock: str) -> bool:
    """Tell whether another job waits for this lock."""
    async with db.connect() as conn:
        return bool(await conn.scalar(_OTHERS_WAIT, {"lock": lock}))
