"""The timekeeper: what is believed is kept over restarts, shared by processes, and said once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest

from digest.clock import utc_now
from digest.store.db import meta
from digest.store.db.database import Database
from digest.timekeeping.judgement import PROOF_TIME
from digest.timekeeping.keeper import Timekeeper

DAY = timedelta(days=1)


class Clocks:
    """A machine's clocks, to be turned. They begin at the true time, for PostgreSQL has a clock of its own."""

    def __init__(self) -> None:
        self.now, self.ticks, self.off = utc_now(), 5000.0, timedelta(0)

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def wall(self) -> datetime:
        return self.now + self.off

    def steady(self) -> float:
        return self.ticks

    def keeper(self, db: Database) -> Timekeeper:
        """A process of this machine."""
        return Timekeeper(db, self.wall, self.steady)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


async def test_a_clock_that_jumps_is_in_doubt_and_changes_nothing(
    db: Database, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = clocks.keeper(db)
    assert await keeper.look() == ""
    clocks.go_on(30)
    clocks.off = DAY
    assert "1 d ahead of" in await keeper.look()
    assert await keeper.look() == keeper.doubt
    assert keeper.now() == clocks.now
    clocks.off = timedelta(0)
    assert await keeper.look() == ""
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 2, "once when it begins, once when it ends"
    assert "no reader given up" in said[0]
    assert "believed again" in said[1]


async def test_a_jump_between_two_looks_is_not_gone_by(db: Database, clocks: Clocks) -> None:
    keeper = clocks.keeper(db)
    await keeper.look()
    clocks.go_on(5)
    clocks.off = 1000 * DAY
    assert keeper.now() == clocks.now


async def test_a_restart_in_the_middle_believes_no_more_than_before(
    sqlite_db: Database, clocks: Clocks
) -> None:
    await clocks.keeper(sqlite_db).look()
    clocks.go_on(30)
    clocks.off = DAY
    assert await clocks.keeper(sqlite_db).look()
    clocks.go_on(PROOF_TIME.total_seconds() / 2)
    assert await clocks.keeper(sqlite_db).look()
    clocks.go_on(PROOF_TIME.total_seconds() / 2 + 1)
    last = clocks.keeper(sqlite_db)
    assert await last.look() == "", "and the proof goes on over restarts"
    assert last.now() == clocks.wall()


async def test_a_suspicion_that_came_to_nothing_proves_nothing_later(
    sqlite_db: Database, clocks: Clocks
) -> None:
    await clocks.keeper(sqlite_db).look()
    clocks.off = DAY
    assert await clocks.keeper(sqlite_db).look()
    clocks.off = timedelta(0)
    assert await clocks.keeper(sqlite_db).look() == ""
    clocks.go_on(10 * PROOF_TIME.total_seconds())
    clocks.off = DAY
    assert await clocks.keeper(sqlite_db).look(), "the same jump again, an hour later"


async def test_a_command_writes_nothing_where_the_time_was_noted_a_moment_ago(
    sqlite_db: Database, clocks: Clocks
) -> None:
    async def noted() -> str | None:
        async with sqlite_db.connect() as conn:
            return await meta.get(conn, "clock_trusted")

    await clocks.keeper(sqlite_db).look()
    first = await noted()
    clocks.go_on(30)
    await clocks.keeper(sqlite_db).look()
    assert await noted() == first
    clocks.go_on(31)
    await clocks.keeper(sqlite_db).look()
    assert await noted() != first


async def test_what_has_proven_itself_to_one_process_has_for_all(sqlite_db: Database, clocks: Clocks) -> None:
    service, worker = clocks.keeper(sqlite_db), clocks.keeper(sqlite_db)
    await service.look()
    await worker.look()
    clocks.off = DAY
    await service.look()
    clocks.go_on(PROOF_TIME.total_seconds() + 1)
    assert await service.look() == ""
    assert await worker.look() == "", "though this one looks for the first time"


async def test_a_worker_whose_command_tells_is_quiet(
    sqlite_db: Database, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    worker = clocks.keeper(sqlite_db)
    worker.quiet = True
    await worker.look()
    clocks.off = DAY
    assert await worker.look()
    assert not caplog.records


@pytest.mark.postgres
async def test_a_machine_that_is_ahead_of_the_server_cannot_act_for_all(
    postgres_url: str, clocks: Clocks
) -> None:
    db = await Database.open(postgres_url)
    right = clocks.keeper(db)
    ahead = Timekeeper(db, lambda: clocks.now + DAY, clocks.steady)
    assert await right.look() == ""
    assert "the database server's" in await ahead.look()
    assert await right.look() == "", "whatever the other one has noted"
    await db.close()


async def test_only_a_server_has_a_clock_of_its_own(db: Database) -> None:
    now = await meta.server_time(db)
    if db.dialect == "sqlite":
        assert now is None
    else:
        assert now is not None
        assert abs(now - utc_now()) < timedelta(minutes=1)


async def test_a_time_that_is_pretended_is_believed(sqlite_db: Database, now: datetime) -> None:
    keeper = Timekeeper(sqlite_db, lambda: now, None)
    assert await keeper.look() == ""
    assert (keeper.now(), keeper.doubt) == (now, "")
