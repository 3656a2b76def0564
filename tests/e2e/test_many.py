"""Several processes deliver from one ledger, on both databases: everybody gets it once, and nothing is in doubt."""

from __future__ import annotations

import pytest

from digest.store.db.database import Database
from tests.e2e.deliverer import Job, start
from tests.e2e.test_kill import check, edition_and_sink, ended


@pytest.mark.timeout(300)
@pytest.mark.parametrize("processes", [2, 4])
async def test_processes_share_the_work(
    db: Database, db_url: str, request: pytest.FixtureRequest, processes: int
) -> None:
    readers = 20_000 if request.config.getoption("--soak") else 1000
    async with edition_and_sink(db, readers) as (edition, sink, _):
        job = Job(url=db_url, port=sink.port, connections=3)
        started = [start(job) for _ in range(processes)]
        assert [await ended(process) for process in started] == [0] * processes
        found = await check(db, edition, sink, readers, hold=False)
    assert found == {"readers": readers, "lost": 0, "duplicates": 0, "in doubt": 0}
    assert sink.connections > 3, "more than one of them worked"
