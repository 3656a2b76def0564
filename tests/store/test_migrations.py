"""Migrations lead from nothing to exactly the tables of the schema, whoever runs them, and however many at once."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from digest.store import migrations, readers
from digest.store.database import Database
from digest.store.readers import Entry
from digest.store.schema import metadata

OPEN = """
import asyncio, sys
from digest.store.database import Database

async def main():
    db = await Database.open(sys.argv[1], upgrade=True)
    print(await db.version())
    await db.close()

asyncio.run(main())
"""


def differences(conn: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata))


async def test_migrations_make_exactly_the_tables_of_the_schema(empty_db_url: str) -> None:
    db = await Database.open(empty_db_url, upgrade=True)
    async with db.connect() as conn:
        assert await conn.run_sync(differences) == []
        made = await conn.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        assert made == {*metadata.tables, "alembic_version"}
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
    assert statements[0].keys() == {"ix_delivery_claimable", "ix_delivery_in_flight"}


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
