"""`digest machines` and `digest jobs`: plain words where one machine does all, and what a queue holds elsewhere."""

from __future__ import annotations

import asyncio

import pytest

from digest.store.db.database import Database
from digest.store.jobs import kinds, machines, queue
from digest.store.jobs.machines import Machine
from tests.cli.conftest import Digest, Newsroom


def test_with_sqlite_they_say_that_one_machine_does_everything(digest: Digest, newsroom: Newsroom) -> None:
    for command in (("machines",), ("jobs", "list")):
        found = digest(*command)
        assert found.code == 0
        assert "one machine does everything" in found.out
        assert digest(*command, "--json").json == []
    retried = digest("jobs", "retry", "1")
    assert (retried.code, "one machine does everything" in retried.err) == (2, True)


def test_a_kind_of_job_that_is_misspelt_is_answered_with_the_right_one(
    digest: Digest, newsroom: Newsroom
) -> None:
    found = digest("worker", "--queues", "fetch,delivr")
    assert found.code == 2
    assert "did you mean 'deliver'?" in found.err


async def fill(url: str) -> None:
    """Let two machines be known, and jobs wait of which one belongs to a newer version."""
    db = await Database.open(url)
    alike = {"host": "web", "configuration": "a", "queues": ["make", "fetch"], "workers": [1]}
    for name, version in (("web/1", "1.0"), ("web/2", "1.0"), ("web/3", "1.1")):
        await machines.beat(db, Machine(run=name, name=name, version=version, **alike))  # type: ignore[arg-type]
    new = kinds.Kind(name="imports", priority=0, lane=kinds.Lane.BACKGROUND)
    async with db.begin() as conn:
        await queue.put(conn, [kinds.make("daily", "2026-03-02T07:00"), kinds.single(new)])
    await db.close()


@pytest.mark.postgres
def test_they_show_who_works_and_what_waits(
    digest: Digest, newsroom: Newsroom, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE__URL", postgres_url)
    assert "No machine is at work" in digest("machines").out
    assert "No job waits" in digest("jobs", "list").out
    asyncio.run(fill(postgres_url))
    listed = digest("machines", "--json").json
    assert [(one["name"], one["waiting"], one["failed"], one["does"]) for one in listed] == [
        ("web/1", 1, 0, []),
        ("web/2", 1, 0, []),
        ("web/3", 1, 0, []),
    ]
    assert [one["notes"] for one in listed] == [[], [], ["another version than most (1.0)"]]
    assert "another version than most" in digest("machines").out
    jobs = digest("jobs", "list", "--json").json
    assert [(one["about"], one["state"]) for one in jobs] == [
        ("make daily 2026-03-02T07:00", "waiting"),
        ("imports (of another version)", "waiting"),
    ]
    assert digest("jobs", "retry", str(jobs[0]["id"])).code == 0
    missing = digest("jobs", "retry", "999")
    assert (missing.code, "there is no job 999" in missing.err) == (2, True)
