"""Who works where on what: the machines, and the jobs of their queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.errors import UsageError
from digest.store.editions import editions
from digest.store.jobs import kinds, machines, overview
from digest.store.jobs.overview import ListedJob
from digest.text import without_login
from digest.tools import Tools

ONE_MACHINE = (
    "The database is SQLite, so one machine does everything: the one that `digest run` runs on. There is no queue of "
    "jobs. Several machines need PostgreSQL: set database.url."
)

_MOST_JOBS = 10_000  # jobs that are looked at for what machines do


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineAtWork:
    """A machine, what it does now, and what of its kinds of jobs waits; `failed` counts what failed there."""

    name: str
    host: str
    version: str
    since: datetime | None
    seen: datetime | None
    alive: bool
    does: Sequence[str]
    queues: Sequence[str]
    waiting: int
    failed: int
    notes: Sequence[str]  # what a person should know: another version, a clock in doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInWords:
    """A job of the queue and what it is about."""

    job: ListedJob
    about: str


async def at_work(tools: Tools) -> list[MachineAtWork]:
    """Return the machines that live or were seen lately; none on SQLite."""
    if tools.db.dialect == "sqlite":
        return []
    known = await machines.list_(tools.db)
    counts = await overview.counts(tools.db)
    running = await overview.list_(tools.db, state="running", most=_MOST_JOBS)
    failed = Counter(job.machine for job in await overview.list_(tools.db, state="failed", most=_MOST_JOBS))
    words = await _about(tools, running)
    usual = Counter((one.version, one.configuration) for one in known if one.alive).most_common(1)
    return [
        MachineAtWork(
            name=one.name,
            host=one.host,
            version=one.version,
            since=one.since,
            seen=one.seen,
            alive=one.alive,
            does=[words[job.id] for job in running if job.worker in one.workers],
            queues=one.queues,
            waiting=sum(counts.get(queue, {}).get("waiting", 0) for queue in one.queues),
            failed=failed[one.name],
            notes=_notes(one, usual[0][0] if usual else ("", "")),
        )
        for one in known
    ]


def _notes(one: machines.Machine, usual: tuple[str, str]) -> list[str]:
    notes = [] if one.alive else ["gives no sign of life"]
    if one.version != usual[0]:
        notes.append(f"another version than most ({usual[0]})")
    elif one.configuration != usual[1]:
        notes.append("another configuration than most")
    return [*notes, one.doubt] if one.doubt else notes


async def jobs(tools: Tools, *, state: str | None = None, most: int = 100) -> list[JobInWords]:
    """Return jobs that are not done; none on SQLite."""
    found = await overview.list_(tools.db, state=state, most=most)
    words = await _about(tools, found)
    return [JobInWords(job=job, about=words[job.id]) for job in found]


async def retry(tools: Tools, job_id: int) -> str:
    """Have a job that failed done at once; return what it is about. Raises UsageError."""
    if tools.db.dialect == "sqlite":
        raise UsageError(ONE_MACHINE)
    job = await overview.one(tools.db, job_id)
    if job is None:
        raise UsageError(
            f'there is no job {job_id}; jobs that are done are not kept, "digest jobs list" shows the others'
        )
    about = (await _about(tools, [job]))[job.id]
    if job.state == "running":
        raise UsageError(f"job {job_id} ({about}) is under way")
    if not await overview.retry(tools.db, job_id):
        raise UsageError(f"job {job_id} ({about}): the same is queued again already")
    return about


async def _about(tools: Tools, listed: Sequence[ListedJob]) -> dict[int, str]:
    """Say what jobs are about, by their numbers."""
    sources = {kinds.source_id(key): source for key, source in tools.settings.sources.items()}
    names: dict[Any, str] = {}
    for edition_id in {job.ids.get("edition") for job in listed} - {None}:
        found = await editions.get(tools.db, int(str(edition_id)))
        names[edition_id] = found.name if found else f"edition {edition_id}"
    return {job.id: _words(job.kind, job.ids, names, sources) for job in listed}


def _words(kind: str, ids: Mapping[str, Any], editions: Mapping[Any, str], sources: Mapping[str, Any]) -> str:
    match kind:
        case kinds.MAKE.name:
            return f"make {ids.get('newsletter')} {ids.get('slot')}"
        case kinds.DELIVER.name:
            return f"deliver {editions.get(ids.get('edition'), '?')}"
        case kinds.FETCH.name:
            source = sources.get(str(ids.get("source")))
            return f"fetch {_name(source)}" if source else "fetch a source of another configuration"
        case kinds.SYSTEM_MAILS.name:
            return "send mails to single readers"
        case kinds.FEEDBACK.name:
            return "act on what came back"
        case kinds.TIDY.name:
            return "housekeeping"
    return f"{kind} (of another version)"


def _name(source: Any) -> str:
    location: str = without_login(source.location).partition("?")[0]
    return str(source.name or source.id or location)
