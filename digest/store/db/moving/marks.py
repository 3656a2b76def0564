"""Mark a database that is moved away, and one that is being filled: neither may be used as it is.

The old SQLite file keeps itself still: a trigger on every table refuses what any process, also one that was at work
before, tries to write. A mail leaves only after its row is written, so nothing is sent from there any more.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import Table, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.schema import metadata
from digest.store.db.schema.tables import meta

#: Keys in `meta`, which are never copied.
AWAY_KEY, FILLING_KEY = "moved_away", "being_filled"
KEYS = (AWAY_KEY, FILLING_KEY)

RETURNED_KEY = (
    "returned_from"  # where a database was that is used again here, until `restore_guard` acts on it
)

#: What a trigger says; `digest.store.db.faults` puts it into words.
REFUSAL = "digest: moved away"
_TRIGGERS = "moved_away_"  # prefix of their names


@dataclass(frozen=True, slots=True)
class Away:
    """The mark of a database that is moved: which move, where to, and whether all of it is there."""

    move: str
    to: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Filling:
    """The mark of a database that a move fills: which move, where from, and the last row of each table that is here."""

    move: str
    origin: str
    rows: dict[str, int] = field(default_factory=dict)  # SQLite's row numbers, by table

    def up_to(self, table: str, row: int) -> Filling:
        return replace(self, rows={**self.rows, table: row})


async def away(conn: AsyncConnection) -> Away | None:
    """Return the mark of a database that is moved away."""
    value = await conn.scalar(select(meta.c.value).where(meta.c.key == AWAY_KEY))
    return Away(**json.loads(value)) if value else None


async def filling(conn: AsyncConnection) -> Filling | None:
    """Return the mark of a database that is being filled."""
    value = await conn.scalar(select(meta.c.value).where(meta.c.key == FILLING_KEY))
    return Filling(**json.loads(value)) if value else None


async def refusal(conn: AsyncConnection) -> str:
    """Say why a database must not be used and what to do, as words that follow its name; "" if it may be used."""
    if mark := await away(conn):
        if mark.done:
            return (
                f"was moved to {mark.to}: name that in database.url. To use this file again instead, without what "
                'happened there since, run "digest db move --undo"'
            )
        return (
            f'is being moved to {mark.to}: run "digest db move" with the same URL again to finish that, or '
            '"digest db move --undo" to use this file on'
        )
    if begun := await filling(conn):
        return (
            f"is being filled from {begun.origin}: finish that first, with the same "
            '"digest db move" and the old database.url'
        )
    return ""


async def keep_still(conn: AsyncConnection, mark: Away) -> None:
    """Mark a SQLite database and have it refuse every later change, in the connection's transaction."""
    await put_away(conn, mark)
    for table in metadata.sorted_tables:
        for change in ("INSERT", "UPDATE", "DELETE"):
            await conn.execute(text(_trigger(table, change)))


def _trigger(table: Table, change: str) -> str:
    row = "OLD" if change == "DELETE" else "NEW"
    ours = f"WHEN {row}.key <> '{AWAY_KEY}' " if table is meta else ""  # the mark itself may change
    return (
        f"CREATE TRIGGER {_TRIGGERS}{table.name}_{change.lower()} BEFORE {change} ON {table.name} "
        f"{ours}BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


async def let_go(conn: AsyncConnection) -> None:
    """Take mark and triggers off again, in the connection's transaction."""
    triggers = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB :names")
    for name in (await conn.scalars(triggers, {"names": f"{_TRIGGERS}*"})).all():
        await conn.execute(text(f"DROP TRIGGER {name}"))
    await conn.execute(delete(meta).where(meta.c.key == AWAY_KEY))


async def put_away(conn: AsyncConnection, mark: Away) -> None:
    """Write the mark of a database that is moved away."""
    statement = insert(meta).values(key=AWAY_KEY, value=json.dumps(asdict(mark)))
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )


async def begin_filling(conn: AsyncConnection, mark: Filling) -> bool:
    """Mark a database that is being filled; return False if another process was faster."""
    statement = insert(meta).values(key=FILLING_KEY, value=json.dumps(asdict(mark)))
    return bool((await conn.execute(statement.on_conflict_do_nothing())).rowcount)


async def advance(conn: AsyncConnection, before: Filling, after: Filling) -> bool:
    """Note how far the filling has come; return False if another process has filled it further meanwhile."""
    theirs = update(meta).where(meta.c.key == FILLING_KEY, meta.c.value == json.dumps(asdict(before)))
    return bool((await conn.execute(theirs.values(value=json.dumps(asdict(after))))).rowcount)


async def filled(conn: AsyncConnection) -> None:
    """Take the mark off a database that is complete."""
    await conn.execute(delete(meta).where(meta.c.key == FILLING_KEY))
