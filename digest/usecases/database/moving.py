"""Move a SQLite database to PostgreSQL without losing a reader, a consent or a place in an edition.

The old file is kept still first, so that nothing changes or is sent while it is copied; then every table is copied, and
counted on both sides. A move that is interrupted goes on when it is run again. Only where all is over there does the
old file say that it has moved.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.delivery.liveness import departed
from digest.errors import StoreError, UsageError
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.db.moving import copying, marks
from digest.store.db.moving.copying import Tell
from digest.store.db.moving.marks import Away, Filling
from digest.store.editions import restore_guard
from digest.store.ledger import leases

_WAY_BACK = '; "digest db move --undo" lets the old database be used as before'


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A finished move: the database's names, the rows of each table, and whether an earlier run had finished it."""

    source: str
    target: str
    rows: Mapping[str, int]
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermarks:
    """The watermark file of a database (see `restore_guard`) before it is moved, and afterwards."""

    old: Path
    new: Path


async def move(source_url: str, target_url: str, watermarks: Watermarks, now: datetime, tell: Tell) -> Moved:
    """Copy everything from a SQLite database to PostgreSQL and mark the old one as moved; safe to run again.

    Raises UsageError, and StoreError where mails are being sent, where the target holds something else, or where a
    database fails.
    """
    if not source_url.startswith("sqlite"):
        raise UsageError("database.url names a server already: only a SQLite database can be moved")
    if not target_url.startswith(("postgresql:", "postgres:", "postgresql+")):
        raise UsageError('a database moves to PostgreSQL: write "postgresql://user:password@host/name"')
    source = await Database.open(source_url, create=_exists(source_url), moved=True)
    try:
        new = not await Database.has_tables(target_url)  # another one's tables are left as they are
        target = await Database.open(target_url, upgrade=new, moved=True)
        try:
            return await _move(source, target, watermarks, now, tell)
        finally:
            await target.close()
    finally:
        await source.close()


def _exists(url: str) -> bool:
    file = Path(url.partition(":///")[2].partition("?")[0])
    if not file.exists():
        raise UsageError(f"there is no database at {file}: nothing can be moved from there")
    return True


async def _move(
    source: Database, target: Database, watermarks: Watermarks, now: datetime, tell: Tell
) -> Moved:
    async with source.connect() as conn:
        away = await marks.away(conn)
    if away and away.done and await _is_complete(target, away):
        rows = await copying.counts(source)
        return Moved(source=source.name, target=target.name, rows=rows, before=True)
    begun = await _begun(target, away)
    if away is None:
        await restore_guard.check(source, watermarks.old, now)  # what it finds is copied as well
        await meta.token_key(source)  # by which the new database is known to be the same one
        away = Away(move=secrets.token_hex(8), to=target.name)
        await _keep_still(source, away, now)
    progress = begun or await _begin(source, target, away)
    await copying.copy(source, target, progress, tell)
    return await _finish(source, target, away, watermarks)


async def _is_complete(target: Database, away: Away) -> bool:
    """Tell whether nothing is left to do for a move that the old database calls finished."""
    if target.name != away.to:
        raise StoreError(f"The database was moved to {away.to} before, not to {target.name}.")
    async with target.connect() as conn:
        return await marks.filling(conn) is None


async def _begun(target: Database, away: Away | None) -> Filling | None:
    """Return how far this move has filled the target, None for an empty one; raises StoreError for any other."""
    async with target.connect() as conn:
        mark = await marks.filling(conn)
    if mark and away and mark.move == away.move:
        return mark
    empty_it = "name an empty database (createdb makes one)" + (_WAY_BACK if away else "")
    if mark:
        raise StoreError(f"The database {target.name} holds a part of another move: {empty_it}.")
    if full := next((name for name, rows in (await copying.counts(target)).items() if rows), None):
        raise StoreError(
            f"The database {target.name} is not empty (there are rows in its table {full!r}): {empty_it}."
        )
    return None


async def _begin(source: Database, target: Database, away: Away) -> Filling:
    mark = Filling(move=away.move, origin=source.name)
    async with target.begin() as conn:
        if not await marks.begin_filling(conn, mark):
            raise StoreError(
                f"The database {target.name} is being filled by another process: wait until that has finished."
            )
    return mark


async def _keep_still(source: Database, away: Away, now: datetime) -> None:
    """Let nothing change in the old database any more, unless mails are being sent.

    A process that makes an edition or visits a source does that again over there: nothing of it has left yet.
    """
    async with source.begin() as conn:
        found = await leases.holders(conn)
        gone = departed(found, now)
        if busy := sorted({holder.edition for holder in found if holder.owner not in gone}):
            raise StoreError(
                f"The edition {busy[0]} is being sent right now: stop the service (SIGTERM hands back what is under "
                "way), or wait until it is sent, and run the command again. An edition that is half sent moves as it is"
            )
        await marks.keep_still(conn, away)


async def _finish(source: Database, target: Database, away: Away, watermarks: Watermarks) -> Moved:
    async with target.begin() as conn:
        await copying.settle(conn)
    here, there = await copying.counts(source), await copying.counts(target)
    if wrong := copying.differences(here, there):
        raise StoreError(
            f"The copy in {target.name} is not complete ({wrong}): make an empty database, run "
            '"digest db move --undo" and then the move again. Nothing was lost in the old one.'
        )
    async with source.begin() as conn:
        await marks.put_away(conn, replace(away, done=True))
    async with target.begin() as conn:
        await marks.filled(conn)
    await restore_guard.carry_over(target, watermarks.new)
    return Moved(source=source.name, target=target.name, rows=there)


async def undo(source_url: str) -> str:
    """Let a SQLite database that was moved, or half moved, be used again; return where it had been moved to.

    After a finished move, editions that it was sending are held: readers may have got them from over there.
    Raises UsageError where it was not moved, StoreError.
    """
    if not source_url.startswith("sqlite"):
        raise UsageError("database.url names a server: name the SQLite file there again, then undo its move")
    _exists(source_url)
    source = await Database.open(source_url, create=False, moved=True)
    try:
        async with source.begin() as conn:
            away = await marks.away(conn)
            if away is None:
                raise UsageError(f"the database {source.name} was not moved: it can be used as it is")
            await marks.let_go(conn)
            if away.done:
                await meta.put(conn, marks.RETURNED_KEY, away.to)
        return away.to
    finally:
        await source.close()
