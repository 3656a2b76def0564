"""What went wrong with jobs, in words: of each its last attempt."""

from __future__ import annotations

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert

from digest.store.db.database import Database
from digest.store.db.schema.jobs import job_failure

_MAX_WORDS = 2000  # characters
_OLD = text("""
    DELETE FROM procrastinate_jobs WHERE status IN ('failed', 'cancelled', 'aborted') AND NOT EXISTS (
        SELECT 1 FROM procrastinate_events AS event
        WHERE event.job_id = procrastinate_jobs.id AND event.at > now() - make_interval(days => :days)
    )
""")
_ORPHANS = text("DELETE FROM job_failure WHERE job_id NOT IN (SELECT id FROM procrastinate_jobs)")


async def note(db: Database, job_id: int, words: str, machine: str) -> None:
    """Note why an attempt failed, and on which machine."""
    values = {"words": words[:_MAX_WORDS], "machine": machine, "at": func.clock_timestamp()}
    statement = insert(job_failure).values(job_id=job_id, **values)
    async with db.begin() as conn:
        await conn.execute(statement.on_conflict_do_update(index_elements=["job_id"], set_=values))


async def purge(db: Database, days: int) -> None:
    """Forget jobs that failed so many days ago. Nothing on SQLite."""
    if db.dialect != "postgresql":
        return
    async with db.begin() as conn:
        await conn.execute(_OLD, {"days": days})
        await conn.execute(_ORPHANS)
