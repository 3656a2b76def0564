"""Copy all rows of a SQLite database to PostgreSQL, batch by batch; what was interrupted goes on where it stopped.

The tables are those of the schema, so that one that is added later is copied too. What another library keeps beside them
in PostgreSQL (a queue of jobs, Alembic's version) is neither copied nor counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import JSON, Column, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.store.db.database import Database
from digest.store.db.moving import marks
from digest.store.db.moving.marks import Filling
from digest.store.db.postgres import copy_in
from digest.store.db.schema import metadata
from digest.store.db.schema.columns import UTCDateTime
from digest.store.db.schema.tables import meta

_BATCH_ROWS, _BATCH_BYTES = 20_000, 8_000_000  # of one transaction, whichever is reached first
_STEP_ROWS = 100  # rows that are read before their size is looked at

#: Called after each batch with a table's name and how many rows of it have been copied by this run.
Tell = Callable[[str, int], None]


async def copy(source: Database, target: Database, progress: Filling, tell: Tell) -> None:
    """Copy what is missing; raises StoreError in words. The source must not change meanwhile."""
    for table in metadata.sorted_tables:
        query, columns, copied = _query(table), [column.name for column in table.columns], 0
        while batch := await source.with_sqlite(partial(_batch, query, progress.rows.get(table.name, 0))):
            after = progress.up_to(table.name, batch[-1][0])
            rows = [row[1:] for row in batch]
            try:
                await _write(target, table, columns, rows, (progress, after))
            except copy_in.Unfit:  # what PostgreSQL's texts cannot hold, in some row of these
                await _write(target, table, columns, [_mended(table, row) for row in rows], (progress, after))
            progress = after
            copied += len(batch)
            tell(table.name, copied)


def _query(table: Table) -> str:
    """Return the statement that reads a table behind a row number, in the texts that COPY takes."""
    columns = ", ".join(_as_text(column) for column in table.columns)
    kept = f" AND key NOT IN ({', '.join(map(repr, marks.KEYS))})" if table is meta else ""
    return f'SELECT rowid, {columns} FROM "{table.name}" WHERE rowid > ?{kept} ORDER BY rowid'  # noqa: S608


def _as_text(column: Column[Any]) -> str:
    name = f'"{column.name}"'
    return f"{name} || '+00'" if isinstance(column.type, UTCDateTime) else name


def _batch(query: str, after: int, conn: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Read the next rows, as many as fit into a batch; in the driver's thread."""
    rows: list[tuple[Any, ...]] = []
    size = 0
    cursor = conn.execute(query, (after,))
    while size < _BATCH_BYTES and len(rows) < _BATCH_ROWS and (some := cursor.fetchmany(_STEP_ROWS)):
        size += sum(len(value) for row in some for value in row if isinstance(value, str | bytes))
        rows += some
    cursor.close()
    return rows


async def _write(
    target: Database,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    progress: tuple[Filling, Filling],
) -> None:
    async with target.begin() as conn:
        if not await marks.advance(conn, *progress):
            raise StoreError(
                f"The database {target.name} is being filled by another process: wait until that has finished."
            )
        await copy_in.rows(conn, target.name, table.name, columns, rows)


def _mended(table: Table, row: Sequence[Any]) -> list[Any]:
    """Return a row without the characters that PostgreSQL cannot store: NUL, and halves of surrogate pairs."""
    return [
        _mend_json(value)
        if isinstance(column.type, JSON)
        else _mend(value)
        if isinstance(column.type, Text)
        else value
        for column, value in zip(table.columns, row, strict=True)
    ]


def _mend(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _mend_json(value: Any) -> Any:
    return None if value is None else json.dumps(_mend_within(json.loads(value)))


def _mend_within(value: Any) -> Any:
    match value:
        case dict():
            return {_mend(key): _mend_within(one) for key, one in value.items()}
        case list():
            return [_mend_within(one) for one in value]
    return _mend(value)


async def counts(db: Database) -> dict[str, int]:
    """Return how many rows each table has, the marks left out."""
    found = {}
    async with db.connect() as conn:
        for table in metadata.sorted_tables:
            query = select(func.count()).select_from(table)
            query = query.where(meta.c.key.not_in(marks.KEYS)) if table is meta else query
            found[table.name] = int(await conn.scalar(query) or 0)
    return found


def differences(here: Mapping[str, int], there: Mapping[str, int]) -> str:
    """Say of which tables two databases have different numbers of rows; "" where they agree."""
    return ", ".join(
        f"{name}: {here[name]:,} here and {there[name]:,} there" for name in here if here[name] != there[name]
    )


async def settle(conn: AsyncConnection) -> None:
    """Set the sequences behind the highest numbers that were copied, and have PostgreSQL look at its tables."""
    for table in metadata.sorted_tables:
        key = table.autoincrement_column
        if key is not None:
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            highest = select(func.max(key)).scalar_subquery()
            await conn.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
        await conn.execute(text(f'ANALYZE "{table.name}"'))
