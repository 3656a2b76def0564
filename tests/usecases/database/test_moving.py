"""A database moves from SQLite to PostgreSQL with all it holds, whatever interrupts it; no reader is mailed twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    insert,
    select,
    text,
    update,
)

from digest.delivery import Hooks, SenderRoute, Step, deliver
from digest.delivery.liveness import new_owner
from digest.errors import SenderBroken, StoreError, StoreGone, UsageError
from digest.model import EditionStatus, Message, Sent, State
from digest.store.db import meta
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.db.moving import copying
from digest.store.db.schema.columns import UTCDateTime
from digest.store.db.schema.tables import delivery, metadata, reader
from digest.store.editions import editions, lifecycle, restore_guard
from digest.store.people import readers
from digest.store.people.readers import Entry
from digest.usecases.database import moving
from digest.usecases.database.moving import Moved, Watermarks
from tests.e2e.deliverer import Job, start
from tests.helpers.ledger import (
    CLOCK,
    MAIL,
    NOW,
    FakeSender,
    a_plan,
    add_readers,
    copies,
    open_edition,
    states,
)
from tests.helpers.sink import Sink, listen

pytestmark = pytest.mark.postgres

#: Texts that a table, a protocol or a database might trip over.
_TEXTS = ("plain", "tab\tline\nback\\slash \\N", "“Grüße” 👋🏽", "", "nul\0inside")


def watermarks(folder: Path) -> Watermarks:
    return Watermarks(old=folder / "digest.db.mark", new=folder / "digest.mark")


def silent(table: str, rows: int) -> None:
    """Tell nobody."""


async def moved(sqlite_url: str, postgres_url: str, folder: Path, now: datetime = NOW) -> Moved:
    return await moving.move(sqlite_url, postgres_url, watermarks(folder), now, silent)


# --- everything is copied ------------------------------------------------------------------------------------


def value(column: Column[Any], number: int) -> Any:
    """Make up a value for any column, so that a table that is added later is filled as well."""
    if column.foreign_keys or (column.primary_key and isinstance(column.type, Integer)):
        return number + 1
    if column.nullable and number == 1:
        return None
    match column.type:
        case UTCDateTime() | DateTime():
            return datetime(1999 + number, 10, 31, 1, 30, 0, 123456 * number, UTC)
        case Boolean():
            return bool(number % 2)
        case Integer():
            return number * 7
        case LargeBinary():
            return bytes(range(256)) * number
        case JSON():
            return {"texts": list(_TEXTS), "half": "\ud83d", "number": number}
        case _:
            return f"{column.name} {number} {_TEXTS[number % len(_TEXTS)]}"


async def fill(db: Database, rows: int = 7) -> None:
    async with db.begin() as conn:
        for table in metadata.sorted_tables:
            values = [
                {column.name: value(column, number) for column in table.columns} for number in range(rows)
            ]
            await conn.execute(insert(table), values)


async def content(db: Database, table: Table) -> set[str]:
    async with db.connect() as conn:
        return {repr(_stored(tuple(row))) for row in await conn.execute(select(table))}


def _stored(value: Any) -> Any:
    """Return a value as PostgreSQL can hold it."""
    match value:
        case str():
            return value.replace("\0", "").replace("\ud83d", "?")
        case tuple() | list():
            return [_stored(one) for one in value]
        case dict():
            return {key: _stored(one) for key, one in sorted(value.items())}
    return value


async def test_every_table_of_the_schema_is_copied_as_it_is(
    sqlite_url: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    source = await Database.open(sqlite_url)
    await fill(source)
    done = await moved(sqlite_url, empty_postgres_url, tmp_path)
    target = await Database.open(empty_postgres_url)
    assert set(done.rows) == set(metadata.tables)
    for table in metadata.sorted_tables:
        expected = {row for row in await content(source, table) if "moved_away" not in row}
        assert await content(target, table) == expected, table.name
        assert done.rows[table.name] == len(expected) >= 7
    async with target.begin() as conn:  # the next number is free
        added = insert(reader).values(address="new@example.org", key="new", created_at=NOW)
        assert (await conn.execute(added.returning(reader.c.id))).scalar_one() == 8
    await target.close()
    await source.close()


def test_the_tables_to_copy_are_all_there_are_whatever_was_imported_before(sqlite_template: Path) -> None:
    show = "from digest.store.db.moving import copying; print(*copying.metadata.tables)"
    found = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout
    with closing(sqlite3.connect(sqlite_template)) as conn:
        made = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {*found.split(), "alembic_version"} == made


async def test_tables_of_other_libraries_are_neither_copied_nor_in_the_way(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    target = await Database.open(postgres_url)
    async with target.begin() as conn:
        await conn.execute(text("CREATE TABLE somebodys_jobs (id int)"))
        await conn.execute(text("INSERT INTO somebodys_jobs VALUES (1)"))
    await target.close()
    assert "somebodys_jobs" not in (await moved(sqlite_url, postgres_url, tmp_path)).rows


def _killed(sqlite_url: str, postgres_url: str, folder: str, table: str) -> None:
    def die(name: str, rows: int) -> None:
        if name == table:
            os.kill(os.getpid(), signal.SIGKILL)

    copying._BATCH_ROWS = copying._STEP_ROWS = 3
    asyncio.run(moving.move(sqlite_url, postgres_url, watermarks(Path(folder)), NOW, die))


async def test_a_move_that_is_killed_goes_on_where_it_stopped(
    sqlite_url: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    source = await Database.open(sqlite_url)
    await fill(source)
    await source.close()
    context = multiprocessing.get_context("spawn")
    for table in ("delivery", "reader"):
        process = context.Process(target=_killed, args=(sqlite_url, empty_postgres_url, str(tmp_path), table))
        process.start()
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode == -signal.SIGKILL
        with pytest.raises(StoreError, match=r'is being moved to .* run "digest db move"'):
            await Database.open(sqlite_url)
        with pytest.raises(StoreError, match="is being filled from"):
            await Database.open(empty_postgres_url)
    told: list[tuple[str, int]] = []
    tell = lambda name, rows: told.append((name, rows))  # noqa: E731
    done = await moving.move(sqlite_url, empty_postgres_url, watermarks(tmp_path), NOW, tell)
    assert dict(told).get("delivery") is None, "what is there is not copied again"
    assert all(rows >= 7 for rows in done.rows.values())
    assert (await moved(sqlite_url, empty_postgres_url, tmp_path)).before


# --- nobody is mailed from the old one -----------------------------------------------------------------------


async def test_nothing_moves_while_a_living_process_is_sending(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    edition = await open_edition(sqlite_db, readers=3)
    theirs = update(delivery).where(delivery.c.id == 1)
    in_hand = {"state": State.SENDING, "owner": new_owner(), "lease_until": NOW + timedelta(minutes=5)}
    async with sqlite_db.begin() as conn:
        await conn.execute(theirs.values(**in_hand))
    with pytest.raises(StoreError, match=f"{edition.name} is being sent right now"):
        await moved(sqlite_url, postgres_url, tmp_path)
    await add_readers(sqlite_db, 1, start=10)  # it is used on
    async with sqlite_db.begin() as conn:
        await conn.execute(theirs.values(owner=new_owner().rsplit(":", 3)[0] + ":999999999:1:dead"))
    assert (await moved(sqlite_url, postgres_url, tmp_path)).rows["delivery"] == 3


async def test_a_process_that_still_has_the_old_file_open_can_write_nothing(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    await add_readers(sqlite_db, 1)
    await moved(sqlite_url, postgres_url, tmp_path)
    change = Change(update(reader).where(reader.c.id == 1).values(name="new"), {"name": "new"})
    with pytest.raises(StoreGone, match="is moved to another one"):
        await sqlite_db.carry_out([change])
    for write in (insert(reader).values(address="b", key="b", created_at=NOW), reader.delete()):
        with pytest.raises(StoreGone, match=r"database\.url"):
            async with sqlite_db.begin() as conn:
                await conn.execute(write)
    for create in (True, False):
        with pytest.raises(StoreError, match=r"was moved to postgresql://.*--undo"):
            await Database.open(sqlite_url, create=create)


async def test_an_edition_that_is_half_sent_goes_on_in_the_new_database(
    sqlite_url: str, postgres_url: str, tmp_path: Path, soak: bool
) -> None:
    count = 200_000 if soak else 5_000
    source = await Database.open(sqlite_url)
    edition = await open_edition(source, readers=count)

    def until_half(message: Message) -> Sent:
        if len(first.sent) >= count // 2:
            raise SenderBroken("the account is closed")
        return Sent("250 ok")

    first, second = FakeSender(until_half, batch_size=100), FakeSender(batch_size=100)
    with pytest.raises(SenderBroken):
        await deliver(source, [SenderRoute("fake", first)], copies, hooks=Hooks(clock=CLOCK))
    await source.close()
    await moved(sqlite_url, postgres_url, tmp_path)
    target = await Database.open(postgres_url)
    await deliver(target, [SenderRoute("fake", second)], copies, hooks=Hooks(clock=CLOCK))
    assert 0 < len(first.sent) < count
    assert len(first.sent) + len(second.sent) == len({*first.sent, *second.sent}) == count
    assert (await editions.tally(target, edition.id))[State.SENT] == count
    await target.close()


async def test_who_was_being_sent_to_when_the_process_was_killed_is_known_after_the_move(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    source, sink = await Database.open(sqlite_url), Sink()
    edition = await open_edition(source, readers=60)
    async with listen(sink):
        for url in (sqlite_url, postgres_url):
            die = Step.RECORDING if url == sqlite_url else None
            process = start(Job(url=url, port=sink.port, hold=True, die=die, die_after=2))
            await asyncio.to_thread(process.join, 60)
            if die:
                await moved(sqlite_url, postgres_url, tmp_path)
    target = await Database.open(postgres_url)
    found = await states(target, edition)
    await target.close()
    await source.close()
    received = sink.recipients
    assert len(received) == len(set(received)), "nobody twice"
    assert {address for address, state in found.items() if state is State.SENT} <= set(received)
    assert set(found.values()) == {State.SENT, State.UNKNOWN}


# --- the way back, and what the restore guard makes of it ----------------------------------------------------


async def test_a_half_finished_move_is_undone_without_a_trace(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    edition = await open_edition(sqlite_db, readers=2)

    def stop(name: str, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await moving.move(sqlite_url, postgres_url, watermarks(tmp_path), NOW, stop)
    assert (await moving.undo(sqlite_url)).startswith("postgresql://")
    assert await restore_guard.check(sqlite_db, watermarks(tmp_path).old, NOW) == ""
    sender = FakeSender()
    await deliver(sqlite_db, [SenderRoute("fake", sender)], copies, hooks=Hooks(clock=CLOCK))
    assert (await editions.tally(sqlite_db, edition.id))[State.SENT] == 2
    with pytest.raises(StoreError, match="part of another move"):
        await moved(sqlite_url, postgres_url, tmp_path)
    with pytest.raises(UsageError, match="was not moved"):
        await moving.undo(sqlite_url)


async def test_going_back_after_a_finished_move_holds_what_may_have_been_sent_from_there(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    edition = await open_edition(sqlite_db, readers=2)
    await moved(sqlite_url, postgres_url, tmp_path)
    await moving.undo(sqlite_url)
    later = NOW + timedelta(hours=1)
    reason = await restore_guard.check(sqlite_db, watermarks(tmp_path).old, later)
    assert "was moved to postgresql://" in reason
    assert (await editions.by_name(sqlite_db, edition.name)).status is EditionStatus.PAUSED
    assert await restore_guard.check(sqlite_db, watermarks(tmp_path).old, later) == "", "it asks once"
    again = await editions.open(sqlite_db, a_plan(slot="2026-03-02T06:30"), MAIL, later)
    assert again is not None
    assert again.status is EditionStatus.PAUSED, "an edition of that time may have been made over there"
    await lifecycle.set_status(sqlite_db, edition.name, "resume", later)


async def test_the_watermark_moves_along(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    marks = watermarks(tmp_path)
    await restore_guard.note(sqlite_db, marks.old, NOW)
    await moved(sqlite_url, postgres_url, tmp_path)
    target = await Database.open(postgres_url)
    assert await meta.token_key(target) == await meta.token_key(sqlite_db), "links in sent mails work on"
    assert marks.new.read_text() == marks.old.read_text()
    assert await restore_guard.check(target, marks.new, NOW) == ""
    async with target.begin() as conn:  # as an older copy of it would say
        await meta.put(conn, "handed_over_at", (NOW - timedelta(hours=1)).isoformat())
    assert "restored" in await restore_guard.check(target, marks.new, NOW)
    await target.close()


# --- what stands in the way is said --------------------------------------------------------------------------


async def test_a_database_with_something_in_it_is_left_alone(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    target = await Database.open(postgres_url)
    await readers.add(target, "daily", [Entry(address="a@example.org", key="a@example.org")], NOW)
    with pytest.raises(StoreError, match=r"is not empty \(there are rows in its table 'meta'\)|'reader'"):
        await moved(sqlite_url, postgres_url, tmp_path)
    await target.close()
    await add_readers(sqlite_db, 1)  # neither is the old one touched


async def test_a_part_that_is_missing_afterwards_is_noticed(
    sqlite_db: Database, sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    await add_readers(sqlite_db, 5)
    target = await Database.open(postgres_url, moved=True)

    async def lose() -> None:
        async with target.begin() as conn:
            await conn.execute(text("DELETE FROM subscription"))

    tasks: list[asyncio.Task[None]] = []

    def tell(name: str, rows: int) -> None:
        if name == "subscription":
            with closing(sqlite3.connect(sqlite_db.name)):
                tasks.append(asyncio.get_running_loop().create_task(lose()))

    with pytest.raises(StoreError, match="subscription: 5 here and 0 there"):
        await moving.move(sqlite_url, postgres_url, watermarks(tmp_path), NOW, tell)
    await asyncio.gather(*tasks)
    await target.close()


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("postgresql://localhost/a", "postgresql://localhost/b", "only a SQLite database"),
        ("sqlite:///nowhere.db", "sqlite:///b.db", "moves to PostgreSQL"),
        ("sqlite:///nowhere.db", "postgresql://localhost/b", "there is no database at"),
    ],
)
async def test_what_cannot_be_moved(source: str, target: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        await moved(source, target, tmp_path)


async def test_a_move_is_undone_where_it_began() -> None:
    with pytest.raises(UsageError, match="name the SQLite file there again"):
        await moving.undo("postgresql://localhost/b")
