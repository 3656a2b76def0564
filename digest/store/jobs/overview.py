"""What waits, is under way and has failed, for people and for metrics; nothing on SQLite."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from digest.store.db.database import Database

_QUERY = """
    SELECT job.id, job.task_name AS kind, job.args AS ids, CAST(job.status AS text) AS state, job.attempts,
        job.scheduled_at AS due, job.worker_id AS worker, failure.words, failure.machine
    FROM procrastinate_jobs AS job LEFT JOIN job_failure AS failure ON failure.job_id = job.id
"""
_LISTED = text(f"""{_QUERY}
    WHERE job.status <> 'succeeded' AND (CAST(:state AS text) IS NULL OR CAST(job.status AS text) = :state)
    ORDER BY CASE job.status WHEN 'doing' THEN 0 WHEN 'todo' THEN 1 ELSE 2 END, job.priority DESC, job.id
    LIMIT :most
""")
_ONE = text(f"{_QUERY} WHERE job.id = :id")
_COUNTS = text(
    "SELECT task_name, CAST(status AS text), count(*) FROM procrastinate_jobs GROUP BY task_name, status"
)
_RETRY = text("""
    UPDATE procrastinate_jobs AS job SET status = 'todo', scheduled_at = NULL
    WHERE id = :id AND status IN ('failed', 'todo') AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS twin
        WHERE twin.status = 'todo' AND twin.id <> job.id AND twin.queueing_lock = job.queueing_lock
    )
""")

#: What PostgreSQL's procrastinate calls a state, and what we call it.
STATES = {"todo": "waiting", "doing": "running", "failed": "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job as it stands in the queue; `words` say why its last attempt failed, on which machine."""

    id: int
    kind: str
    ids: dict[str, Any]
    state: str
    attempts: int
    due: datetime | None  # not before; None: at once
    worker: int | None
    words: str
    machine: str


async def list_(db: Database, *, state: str | None = None, most: int = 100) -> list[ListedJob]:
    """Return jobs that are not done, those under way first; `state` is one of STATES' values."""
    if db.dialect != "postgresql":
        return []
    theirs = next((name for name, ours in STATES.items() if ours == state), state)
    async with db.connect() as conn:
        return [_read(row) for row in await conn.execute(_LISTED, {"state": theirs, "most": most})]


async def one(db: Database, job_id: int) -> ListedJob | None:
    """Return a job by its number."""
    if db.dialect != "postgresql":
        return None
    async with db.connect() as conn:
        row = (await conn.execute(_ONE, {"id": job_id})).one_or_none()
        return None if row is None else _read(row)


async def counts(db: Database) -> dict[str, dict[str, int]]:
    """Return how many jobs of each kind are in each state ("waiting", "running", "failed")."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    if db.dialect == "postgresql":
        async with db.connect() as conn:
            for kind, state, number in await conn.execute(_COUNTS):
                found[kind][STATES.get(state, state)] = number
    return dict(found)


async def retry(db: Database, job_id: int) -> bool:
    """Have a job that failed, or waits for its time, done at once; False where there is nothing to do."""
    async with db.begin() as conn:
        return bool((await conn.execute(_RETRY, {"id": job_id})).rowcount)


def _read(row: Row[Any]) -> ListedJob:
    known = dict(row._mapping)
    known |= {
        "state": STATES.get(row.state, row.state),
        "words": row.words or "",
        "machine": row.machine or "",
    }
    return ListedJob(**known)
