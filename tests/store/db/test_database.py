"""The database: transactions, rehearsals, and faults in words."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import StatementError

from digest.errors import StoreError, UsageError
from digest.store.db.database import Database
from digest.store.db.schema import tables


async def write(db: Database, key: str) -> None:
    async with db.begin() as conn:
        await conn.execute(insert(tables.meta).values(key=key, value="x"))


async def count(db: Database) -> int:
    async with db.connect() as conn:
        return int(await conn.scalar(select(func.count()).select_from(tables.meta)) or 0)


async def write_and_fail(db: Database) -> None:
    async with db.begin() as conn:
        await conn.execute(insert(tables.meta).values(key="lost", value="x"))
        raise RuntimeError


# --- transactions --------------------------------------------------------------------------------------------


async def test_an_exception_undoes_what_was_written(db: Database) -> None:
    await write(db, "kept")
    with pytest.raises(RuntimeError):
        await write_and_fail(db)
    assert await count(db) == 1


async def test_readers_are_not_kept_waiting_by_a_writer(db: Database) -> None:
    async with db.begin() as conn:
        await conn.execute(insert(tables.meta).values(key="new", value="x"))
        assert await count(db) == 0
    assert await count(db) == 1


async def test_many_tasks_write_at_once(db: Database) -> None:
    await asyncio.gather(*(write(db, f"task {number}") for number in range(30)))
    assert await count(db) == 30


async def test_a_cancelled_task_leaves_nothing_locked_and_nothing_written(db: Database) -> None:
    began = asyncio.Event()

    async def dawdle() -> None:
        async with db.begin() as conn:
            await conn.execute(insert(tables.meta).values(key="cancelled", value="x"))
            began.set()
            await asyncio.sleep(60)

    holding = asyncio.create_task(dawdle())
    await began.wait()
    waiting = asyncio.create_task(write(db, "waiting")) if db.dialect == "sqlite" else None
    await asyncio.sleep(0)
    for task in filter(None, (waiting, holding)):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await write(db, "after")
    assert await count(db) == 1


async def test_moments_come_back_in_utc_and_naive_ones_are_refused(db: Database) -> None:
    moment = datetime(2026, 10, 25, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with db.begin() as conn:
        await conn.execute(insert(tables.suppression).values(key="a", since=moment))
        await conn.execute(insert(tables.suppression).values(key="b", since=datetime(2026, 1, 1, tzinfo=UTC)))
        kept = list(
            await conn.scalars(select(tables.suppression.c.since).order_by(tables.suppression.c.since))
        )
    assert kept == [datetime(2026, 1, 1, tzinfo=UTC), moment]
    assert all(value.tzinfo is UTC or value.utcoffset() == timedelta(0) for value in kept)
    naive = insert(tables.suppression).values(key="c", since=moment.replace(tzinfo=None))
    async with db.connect() as conn:
        with pytest.raises(StatementError, match="no time zone"):
            await conn.execute(naive)


# --- rehearsals ----------------------------------------------------------------------------------------------


async def test_nothing_of_a_rehearsal_stays(db: Database) -> None:
    await write(db, "before")
    async with db.rehearsal() as rehearsal:
        await write(rehearsal, "tried")
        assert await count(rehearsal) == 2
        async with rehearsal.rehearsal() as deeper:
            await write(deeper, "deeper")
            assert await count(deeper) == 3
        assert await count(rehearsal) == 2
        assert await count(db) == 1
    assert await count(db) == 1
    await write(db, "tried")


async def test_a_failure_within_a_rehearsal_undoes_its_own_step_only(db: Database) -> None:
    async with db.rehearsal() as rehearsal:
        await write(rehearsal, "kept")
        with pytest.raises(RuntimeError):
            await write_and_fail(rehearsal)
        assert await count(rehearsal) == 1


async def test_an_exception_ends_a_rehearsal_without_a_trace(db: Database) -> None:
    async def rehearse() -> None:
        async with db.rehearsal() as rehearsal:
            await write(rehearsal, "tried")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await rehearse()
    assert await count(db) == 0


async def test_tasks_take_turns_in_a_rehearsal_and_one_may_go_deeper(db: Database) -> None:
    async with db.rehearsal() as rehearsal:
        await asyncio.gather(*(write(rehearsal, f"task {number}") for number in range(20)))
        async with rehearsal.begin():
            await write(rehearsal, "deeper")
            assert await count(rehearsal) == 21
    assert await count(db) == 0


# --- a database that does not exist yet ----------------------------------------------------------------------


async def test_reading_a_database_that_does_not_exist_makes_no_file(tmp_path: Path) -> None:
    db = await Database.open(f"sqlite:///{tmp_path / 'folder' / 'digest.db'}", create=False)
    assert await count(db) == 0
    await write(db, "in memory")
    assert await count(db) == 1
    async with db.rehearsal() as rehearsal:
        await write(rehearsal, "tried")
        assert await count(rehearsal) == 2
    assert await count(db) == 1
    await db.upgrade()
    await db.close()
    assert list(tmp_path.iterdir()) == []


async def test_a_new_file_is_made_and_found_again(empty_sqlite_url: str) -> None:
    for expected in (1, 2):
        db = await Database.open(empty_sqlite_url)
        await write(db, f"visit {expected}")
        assert await count(db) == expected
        async with db.connect() as conn:
            names = ("journal_mode", "synchronous", "foreign_keys")
            assert [await conn.scalar(text(f"PRAGMA {name}")) for name in names] == ["wal", 2, 1]
        await db.close()


# --- faults --------------------------------------------------------------------------------------------------


async def fault(url: str, *, create: bool = True) -> str:
    with pytest.raises(StoreError) as caught:
        await (await Database.open(url, create=create)).close()
    return str(caught.value)


@pytest.mark.parametrize("create", [True, False])
async def test_a_file_that_is_no_database(tmp_path: Path, create: bool) -> None:
    file = tmp_path / "holiday.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" * 1000)
    said = await fault(f"sqlite:///{file}", create=create)
    assert str(file) in said
    assert "is not a database" in said


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "holidays.db"
    with contextlib.closing(sqlite3.connect(file)) as conn:
        conn.execute("CREATE TABLE beaches (name TEXT)")
    before = file.read_bytes()
    assert "belongs to another program (it has a table 'beaches')" in await fault(f"sqlite:///{file}")
    with contextlib.closing(sqlite3.connect(file)) as conn:
        assert conn.execute("SELECT name FROM sqlite_master").fetchall() == [("beaches",)]
    assert len(file.read_bytes()) == len(before)


async def test_a_folder_that_does_not_exist_and_a_file_that_is_a_folder(tmp_path: Path) -> None:
    for place in (tmp_path / "missing" / "digest.db", tmp_path):
        said = await fault(f"sqlite:///{place}")
        assert str(place) in said
        assert "cannot be opened" in said


async def test_a_damaged_file(sqlite_url: str, now: datetime) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    assert "is damaged" in await fault(sqlite_url)


async def test_a_file_that_another_program_writes_to(sqlite_db: Database) -> None:
    other = await Database.open(f"sqlite:///{sqlite_db.name}?timeout=0.05")
    async with sqlite_db.begin() as conn:
        await conn.execute(insert(tables.meta).values(key="first", value="x"))
        with pytest.raises(StoreError, match="is locked"):
            await write(other, "too late")
        assert await count(other) == 0
    await write(other, "in time")
    await other.close()


@pytest.mark.parametrize(
    ("pragma", "words"), [("max_page_count=1", "the disk is full"), ("query_only=1", "cannot be written")]
)
async def test_a_disk_that_is_full_or_read_only(sqlite_db: Database, pragma: str, words: str) -> None:
    async def write_much() -> None:
        async with sqlite_db.begin() as conn:
            await conn.exec_driver_sql(f"PRAGMA {pragma}")
            await conn.execute(insert(tables.meta).values(key="large", value="x" * 100_000))

    with pytest.raises(StoreError, match=words) as caught:
        await write_much()
    assert sqlite_db.name in str(caught.value)
    async with sqlite_db.connect() as conn:
        await conn.exec_driver_sql("PRAGMA query_only=0")
    assert await count(sqlite_db) == 0


async def test_a_database_of_a_newer_program(db_url: str) -> None:
    db = await Database.open(db_url)
    async with db.begin() as conn:
        await conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        await db.upgrade()
    await db.close()
    assert "newer version" in await fault(db_url)
    assert "newer version" in await fault(db_url, create=False)


@pytest.mark.postgres
async def test_a_postgresql_database_without_tables(empty_postgres_url: str) -> None:
    assert 'run "digest db upgrade"' in await fault(empty_postgres_url)


@pytest.mark.postgres
async def test_a_postgresql_database_or_user_that_does_not_exist(postgres_url: str) -> None:
    assert "does not exist" in await fault(postgres_url.replace("/digest_test", "/nobody_made_this"))
    said = await fault(postgres_url.replace("postgres:@", "nobody:verysecret@"))
    assert "nobody" in said
    assert "verysecret" not in said


@pytest.mark.postgres
async def test_a_postgresql_server_that_is_down_and_a_password_that_stays_secret() -> None:
    said = await fault("postgresql://paper:verysecret@127.0.0.1:1/digest")
    assert "cannot be reached" in said
    assert "postgresql://paper:***@127.0.0.1:1/digest" in said
    assert "verysecret" not in said


@pytest.mark.postgres
async def test_a_lost_connection_is_said_and_the_next_one_works(postgres_url: str) -> None:
    db, other = await Database.open(postgres_url), await Database.open(postgres_url)

    async def write_over_a_lost_connection() -> None:
        async with db.begin() as conn:
            backend = await conn.scalar(text("SELECT pg_backend_pid()"))
            async with other.begin() as killer:
                await killer.execute(text("SELECT pg_terminate_backend(:backend)"), {"backend": backend})
            await conn.execute(insert(tables.meta).values(key="lost", value="x"))

    with pytest.raises(StoreError, match=r"cannot be reached|was shut down"):
        await write_over_a_lost_connection()
    await write(db, "next")
    assert await count(db) == 1
    await db.close()
    await other.close()


@pytest.mark.parametrize("url", ["digest.db", "mysql://localhost/digest", "", "sqlite:/digest.db:::"])
async def test_a_url_that_means_nothing_is_a_mistake_of_usage(url: str) -> None:
    with pytest.raises(UsageError, match=r"database\.url"):
        await Database.open(url)


async def test_a_new_file_is_for_its_user_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        db = await Database.open(f"sqlite:///{tmp_path / 'new.db'}")
        await write(db, "key")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
        await db.close()
    finally:
        os.umask(before)
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


async def test_a_link_to_where_no_file_is_yet_leads_to_one_for_its_user_alone(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    before = os.umask(0o022)
    try:
        await (await Database.open(f"sqlite:///{tmp_path / 'link.db'}")).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "real.db").stat().st_mode) == 0o600


async def test_the_mode_of_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "old.db").touch()
    (tmp_path / "old.db").chmod(0o640)
    await (await Database.open(f"sqlite:///{tmp_path / 'old.db'}")).close()
    assert stat.S_IMODE((tmp_path / "old.db").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("code", "words"), [("08006", "was cut off"), ("58030", "its files"), ("XX000", "a fault in itself")]
)
async def test_a_server_in_trouble(postgres_url: str, code: str, words: str) -> None:
    db = await Database.open(postgres_url)

    async def fail() -> None:
        async with db.connect() as conn:
            await conn.exec_driver_sql(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{code}'; END $$")

    with pytest.raises(StoreError, match=words):
        await fail()
    await db.close()


async def test_a_transaction_that_stands_still_is_ended_by_the_server(postgres_url: str) -> None:
    db = await Database.open(postgres_url)
    asked = "&?"["?" not in postgres_url] + "options=-c%20idle_in_transaction_session_timeout%3D100ms"
    impatient = await Database.open(postgres_url + asked)
    for one, limit in ((db, "1min"), (impatient, "100ms")):
        async with one.connect() as conn:
            assert await conn.scalar(text("SHOW idle_in_transaction_session_timeout")) == limit

    async def stand_still() -> None:
        async with impatient.begin() as conn:
            await conn.execute(text("SELECT 1"))
            await asyncio.sleep(0.5)
            await conn.execute(text("SELECT 1"))

    with pytest.raises(StoreError, match="had stood still"):
        await stand_still()
    async with impatient.connect() as conn:
        assert await conn.scalar(text("SELECT 1")) == 1
    await impatient.close()
    await db.close()
