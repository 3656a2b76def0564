"""The queue: a job stands in it once, whoever puts it, and only the worker that has it can end it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from digest.store.db.database import Database
from digest.store.jobs import failures, kinds, overview, queue, rounds
from digest.store.jobs.kinds import Job, fetch, make, single

pytestmark = pytest.mark.postgres


@pytest.fixture
async def pg(postgres_url: str) -> AsyncIterator[Database]:
    db = await Database.open(postgres_url)
    yield db
    await db.close()


async def put(db: Database, *jobs: Job) -> int:
    async with db.begin() as conn:
        return await queue.put(conn, jobs)


async def worker(db: Database) -> int:
    async with db.begin() as conn:
        return int(await conn.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()")) or 0)


async def take(db: Database, by: int, *names: str) -> int | None:
    """Take a job as procrastinate does."""
    query = text("SELECT id FROM procrastinate_fetch_job_v2(CAST(:names AS varchar[]), :by)")
    async with db.begin() as conn:
        taken = await conn.scalar(query, {"names": list(names or kinds.KINDS), "by": by})
    return None if taken is None else int(taken)


async def silence(db: Database, by: int) -> None:
    """Let a worker's last sign of life be long ago."""
    query = text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = :by")
    async with db.begin() as conn:
        await conn.execute(query, {"by": by})


async def states(db: Database) -> list[str]:
    return [job.state for job in await overview.list_(db)]


async def test_however_many_put_a_job_it_waits_once(pg: Database) -> None:
    jobs = [make("daily", "2026-03-02T07:00"), *(fetch(f"{n}", "example.org", "") for n in range(50))]
    put_by = await asyncio.gather(*(put(pg, *jobs) for _ in range(4)))
    assert sum(put_by) == 51
    assert (await overview.counts(pg)) == {"make": {"waiting": 1}, "fetch": {"waiting": 50}}


async def test_what_is_under_way_is_not_put_again(pg: Database) -> None:
    await put(pg, make("daily", "1"))
    me = await worker(pg)
    job = await take(pg, me)
    assert job
    assert await put(pg, make("daily", "1")) == 0
    assert await queue.done(pg, job, me)
    assert await put(pg, make("daily", "1")) == 1


async def test_a_job_is_put_with_what_needs_it_or_not_at_all(pg: Database) -> None:
    async with pg.begin() as conn:
        await queue.put(conn, [single(kinds.TIDY)])
        await conn.rollback()
    assert await states(pg) == []


async def test_one_visit_at_a_time_to_a_host_and_making_before_visits(pg: Database) -> None:
    await put(pg, *(fetch(f"{n}", "example.org", "") for n in range(3)), fetch("9", "example.com", ""))
    await put(pg, make("daily", "1"))
    me = await worker(pg)
    taken = [await take(pg, me) for _ in range(4)]
    running = [job.ids for job in await overview.list_(pg, state="running")]
    assert [ids.get("newsletter") or ids["source"] for ids in running] == ["daily", "0", "9"]
    assert taken[3] is None, "the others wait for their host"


async def test_jobs_of_a_newer_version_wait_for_machines_that_know_them(pg: Database) -> None:
    new = kinds.Kind(name="imports", priority=99, lane=kinds.Lane.URGENT)
    await put(pg, single(new), single(kinds.TIDY))
    me = await worker(pg)
    tidy = await take(pg, me)
    assert tidy
    assert await queue.done(pg, tidy, me)
    assert await take(pg, me) is None
    assert (await overview.counts(pg)) == {"imports": {"waiting": 1}}
    assert await take(pg, me, *kinds.KINDS, "imports")


async def test_a_worker_that_was_taken_for_dead_cannot_end_its_successors_job(pg: Database) -> None:
    await put(pg, make("daily", "1"))
    dead, heir = await worker(pg), await worker(pg)
    job = await take(pg, dead)
    assert job
    assert await queue.rescue(pg) == [], "it lives"
    await silence(pg, dead)
    found = await asyncio.gather(*(queue.rescue(pg) for _ in range(4)))
    assert [one for each in found for one in each] == [job]
    assert await take(pg, heir) == job
    assert not await queue.beat(pg, dead), "and it hears of it"
    assert not await queue.done(pg, job, dead)
    assert not await queue.put_back(pg, job, dead, 0)
    assert not await queue.failed(pg, job, dead)
    assert await states(pg) == ["running"]
    assert await queue.beat(pg, heir)
    assert await queue.done(pg, job, heir)


async def test_a_job_that_a_worker_never_heard_of_is_queued_again(pg: Database) -> None:
    """Its connection broke while the server handed it out."""
    await put(pg, make("daily", "1"), make("daily", "2"))
    me = await worker(pg)
    known, unheard = await take(pg, me), await take(pg, me)
    assert known
    assert await queue.disown(pg, me, {known}) == [unheard]
    assert sorted(await states(pg)) == ["running", "waiting"]


async def test_a_job_whose_like_waits_already_is_dropped_instead_of_queued_again(pg: Database) -> None:
    """A tick that found nothing under way may put the same again at this very moment."""
    like = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock)"
        " SELECT queue_name, task_name, lock, queueing_lock FROM procrastinate_jobs WHERE id = :id"
    )
    me = await worker(pg)
    for end in ("put back", "rescue", "disown"):
        await put(pg, make("daily", end))
        job = await take(pg, me)
        assert job
        async with pg.begin() as conn:
            await conn.execute(like, {"id": job})
        if end == "put back":
            assert await queue.put_back(pg, job, me, 10)
        elif end == "disown":
            await queue.disown(pg, me, [])
        else:
            await queue.rescue(pg, seconds=-1)
            me = await worker(pg)
        assert await states(pg) == ["waiting"], end
        twin = await take(pg, me)
        assert twin
        assert await queue.done(pg, twin, me)


async def test_a_job_waits_until_its_time_by_the_servers_clock_and_can_be_hurried(pg: Database) -> None:
    await put(pg, make("daily", "1"))
    me = await worker(pg)
    job = await take(pg, me)
    assert job
    await failures.note(pg, job, "the template is broken", "web1/12")
    assert await queue.put_back(pg, job, me, 600)
    assert await take(pg, me) is None
    [listed] = await overview.list_(pg)
    assert (listed.words, listed.machine, listed.attempts) == ("the template is broken", "web1/12", 1)
    assert listed.due
    assert await overview.retry(pg, job)
    assert await take(pg, me) == job
    assert await queue.failed(pg, job, me)
    assert await states(pg) == ["failed"]
    assert await overview.retry(pg, job)
    assert await take(pg, me) == job
    assert await queue.done(pg, job, me)
    async with pg.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM job_failure")) == 0


async def test_a_round_is_begun_by_one_of_all_that_look(pg: Database) -> None:
    async def look() -> bool:
        async with pg.begin() as conn:
            return await rounds.begin(conn, "fetch", timedelta(seconds=0.2))

    assert not any(await asyncio.gather(*(look() for _ in range(3)))), "the first is due later"
    await asyncio.sleep(0.3)
    assert sorted(await asyncio.gather(*(look() for _ in range(4)))) == [False, False, False, True]
