"""Migrations lead from nothing to exactly the tables of the schema, whoever runs them, and however many at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, text

from digest.store.db import engines, migrations
from digest.store.db.database import Database
from digest.store.db.schema import metadata, tables
from digest.store.editions import newsletters
from digest.store.people import readers
from digest.store.people.readers import Entry

OPEN = """
import asyncio, sys
from digest.store.db.database import Database

async def main():
    db = await Database.open(sys.argv[1], upgrade=True)
    print(await db.version())
    await db.close()

asyncio.run(main())
"""


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the tables of procrastinate, which its own SQL makes."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def differences(conn: Connection) -> list[object]:
    options = {"compare_type": True, "include_name": is_ours}
    return list(compare_metadata(MigrationContext.configure(conn, opts=options), metadata))


async def test_migrations_make_exactly_the_tables_of_the_schema(empty_db_url: str) -> None:
    db = await Database.open(empty_db_url, upgrade=True)
    async with db.connect() as conn:
        assert await conn.run_sync(differences) == []
        made = await conn.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        theirs = {name for name in made if name.startswith("procrastinate_")}
        assert made - theirs == {*metadata.tables, "alembic_version"}
        assert bool(theirs) is (db.dialect == "postgresql")
    await db.close()


async def test_partial_indexes_are_the_same_by_migration_and_by_schema(
    empty_sqlite_url: str, tmp_path: Path
) -> None:
    statements = []
    for create in (True, False):
        db = await Database.open(
            empty_sqlite_url if create else f"sqlite:///{tmp_path / 'none.db'}", create=create
        )
        async with db.connect() as conn:
            query = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
            statements.append({name: " ".join(sql.split()) for name, sql in await conn.execute(query)})
        await db.close()
    assert statements[0] == statements[1]
    assert statements[0].keys() == {
        "ix_delivery_claimable",
        "ix_delivery_in_flight",
        "ix_event_pending",
        "ix_subscription_asked",
        "ix_subscription_chooses",
    }


def test_the_newest_version_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert script.get_current_head() == migrations.newest()
    assert all(
        Path(revision.path).name.startswith(f"{revision.revision}_") for revision in script.walk_revisions()
    )


async def test_upgrading_twice_changes_nothing(empty_db_url: str) -> None:
    db = await Database.open(empty_db_url, upgrade=True)
    async with db.begin() as conn:
        await conn.execute(text("INSERT INTO meta (key, value) VALUES ('mine', 'x')"))
    await db.upgrade()
    async with db.connect() as conn:
        assert await conn.scalar(text("SELECT value FROM meta WHERE key = 'mine'")) == "x"
        if db.dialect == "sqlite":
            assert await conn.scalar(text("PRAGMA foreign_keys")) == 1
    await db.close()


async def test_several_processes_upgrade_at_once(empty_db_url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", OPEN, empty_db_url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    answers = [await process.communicate() for process in processes]
    assert [(out.decode().strip(), err.decode()) for out, err in answers] == [(migrations.newest(), "")] * 3


async def test_a_migration_that_rebuilds_a_table_keeps_the_rows_that_belong_to_it(
    sqlite_db: Database, now: datetime
) -> None:
    await readers.add(sqlite_db, "daily", [Entry(address="anna@example.org", key="anna@example.org")], now)

    def rebuild(conn: Connection) -> None:
        with Operations(MigrationContext.configure(conn)).batch_alter_table("reader", recreate="always"):
            pass
        assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []

    await sqlite_db.migrate(rebuild)
    async with sqlite_db.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM subscription")) == 1


def upgrade_to(revision: str) -> Callable[[Connection], None]:
    def work(conn: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = conn
        command.upgrade(config, revision)

    return work


async def test_newsletters_of_an_older_database_are_known_since_their_first_edition_or_reader(
    empty_db_url: str, now: datetime
) -> None:
    db = Database(engines.engine(engines.target(empty_db_url)), "an older one")
    await db.migrate(upgrade_to("0001"))
    day = timedelta(days=1)
    async with db.begin() as conn:
        people = [{"id": n, "address": f"{n}@e.org", "key": f"{n}@e.org", "created_at": now} for n in (1, 2)]
        await conn.execute(insert(tables.reader), people)
        for number, newsletter, since in ((1, "daily", now), (2, "daily", now - day), (1, "weekly", now)):
            row = {"reader_id": number, "newsletter": newsletter, "status": "confirmed", "since": since}
            await conn.execute(insert(tables.subscription).values(**row, consent={}))
        row = {
            "name": "weekly-1",
            "newsletter": "weekly",
            "slot": "1",
            "status": "skipped-empty",
            "problems": [],
        }
        await conn.execute(insert(tables.edition).values(**row, due=now, opened_at=now - 9 * day))
    await db.upgrade()
    assert await newsletters.known_since(db, "daily") == now - day
    assert await newsletters.known_since(db, "weekly") == now - 9 * day
    assert await newsletters.known_since(db, "another") is None
    await db.close()


async def test_editions_of_before_keep_what_they_decided_when_their_table_is_rebuilt(
    empty_db_url: str,
) -> None:
    """The table is rebuilt on SQLite; decisions would go with it if its rows were deleted on the way."""

    def older(conn: Connection) -> None:
        upgrade_to("0005")(conn)
        moment = "'2026-03-02 06:00:00'"
        conn.execute(text("INSERT INTO source (id, key) VALUES (1, 'feed:x')"))
        conn.execute(
            text(
                "INSERT INTO article (id, source_id, guid, tags, first_seen, last_seen, last_changed)"
                f" VALUES (1, 1, 'g', '[]', {moment}, {moment}, {moment})"
            )
        )
        conn.execute(
            text(
                "INSERT INTO edition (id, name, newsletter, slot, status, due, opened_at, problems)"
                f" VALUES (1, 'daily-1', 'daily', '2026-03-02T07:00', 'sent', {moment}, {moment}, '[]')"
            )
        )
        conn.execute(text("INSERT INTO decision (edition_id, article_id, newsletter) VALUES (1, 1, 'daily')"))

    db = Database(engines.engine(engines.target(empty_db_url)), "a database of before")
    await db.migrate(older)
    await db.upgrade()
    async with db.connect() as conn:
        assert await conn.run_sync(differences) == []
        assert (await conn.execute(text("SELECT count(*) FROM decision"))).scalar() == 1
        assert (await conn.execute(text("SELECT slot, remade_as FROM edition"))).one() == (
            "2026-03-02T07:00",
            "",
        )
    await db.close()
