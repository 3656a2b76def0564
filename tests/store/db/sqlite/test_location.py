"""A file that is moved, replaced or removed while it is open is noticed before anything is read or written."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import StoreGone
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.ledger import attempts, claims
from tests.helpers.ledger import NOW, address, open_edition, states


def content(file: Path) -> bytes:
    return file.read_bytes()


def value(file: Path | str, key: str) -> str | None:
    """What a file by itself says, without any log beside its place."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as conn:
        row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row and str(row[0])


async def keep(db: Database, key: str, said: str) -> None:
    async with db.begin() as conn:
        await meta.put(conn, key, said)


async def uses(db: Database) -> list[Callable[[], object]]:
    """Every way of using a database."""
    edition = await open_edition(db, readers=1)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, edition.id, "me", 1, now=NOW, lease_until=NOW)

    async def connect() -> None:
        async with db.connect() as conn:
            await meta.get(conn, "said")

    async def rehearse() -> None:
        async with db.rehearsal() as rehearsal, rehearsal.begin() as conn:
            await meta.put(conn, "said", "in vain")

    async def mark() -> None:
        await db.carry_out([claims.marking(db.dialect, claimed, "me", now=NOW)])

    return [connect, rehearse, mark, lambda: keep(db, "said", "too late"), db.version]


async def refuses(db: Database, ways: list[Callable[[], object]], words: str) -> None:
    for way in ways:
        with pytest.raises(StoreGone, match=words):
            await way()  # type: ignore[misc]


async def test_a_file_that_was_moved_goes_on_where_it_is_moved_back(sqlite_db: Database) -> None:
    db, place = sqlite_db, Path(sqlite_db.name)
    ways = await uses(db)
    await keep(db, "said", "before")
    away = place.with_name("elsewhere.db")
    place.rename(away)
    await refuses(db, ways, f"was moved to {away}")
    assert not place.exists(), "no new one was made"
    assert value(away, "said") == "before", "with what stood only in its log"
    away.rename(place)
    await keep(db, "said", "after")
    await db.close()
    assert value(place, "said") == "after"


@pytest.mark.parametrize("how", ["moved over it", "moved away, then copied there"])
async def test_a_file_that_was_replaced_is_left_alone_and_so_is_the_new_one(
    sqlite_db: Database, how: str
) -> None:
    db, place = sqlite_db, Path(sqlite_db.name)
    await keep(db, "said", "in the backup")
    backup = place.with_name("backup.db")
    with closing(sqlite3.connect(place)) as here, closing(sqlite3.connect(backup)) as there:
        here.backup(there)
    ways = await uses(db)
    await keep(db, "said", "later")
    if how == "moved over it":
        shutil.copy(backup, place.with_name("new.db"))
        place.with_name("new.db").rename(place)
    else:
        place.rename(place.with_name("old.db"))
        shutil.copy(backup, place)
    before = content(place)
    await refuses(db, ways, "was replaced by another file")
    assert content(place) == before
    log = place.with_name(f"{place.name}-wal")
    assert not log.exists() or not log.stat().st_size, "the old log must not meet the new file"
    await db.close()
    assert content(place) == before
    again = await Database.open(f"sqlite:///{place}")
    async with again.connect() as conn:
        assert await meta.get(conn, "said") == "in the backup"
    await again.close()
    if how != "moved over it":
        assert value(place.with_name("old.db"), "said") == "later"


async def test_a_file_that_was_removed_can_be_copied_from_the_process_that_has_it(
    sqlite_db: Database, tmp_path: Path
) -> None:
    db, place = sqlite_db, Path(sqlite_db.name)
    ways = await uses(db)
    await keep(db, "said", "lost?")
    for path in place.parent.glob(f"{place.name}*"):
        path.unlink()
    await refuses(db, ways, r"was removed .* /proc/\d+/fd/\d+")
    assert list(place.parent.glob(f"{place.name}*")) == []
    with pytest.raises(StoreGone) as told:
        await db.version()
    kept = str(told.value).partition("still in ")[2].partition(";")[0]
    rescued = tmp_path / "rescued.db"
    # Not in this process: to close a descriptor of the file here would drop SQLite's locks on it.
    subprocess.run(["cp", kept, rescued], check=True)
    assert value(rescued, "said") == "lost?"


async def test_a_folder_that_is_moved_and_a_link_that_is_turned_are_noticed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        db = await Database.open(f"sqlite:///{tmp_path / name / 'digest.db'}")
        await keep(db, "said", name)
        await db.close()
    (tmp_path / "link").symlink_to("one")
    db = await Database.open(f"sqlite:///{tmp_path / 'link' / 'digest.db'}")
    (tmp_path / "link").unlink()
    with pytest.raises(StoreGone, match="was moved to"):
        await db.version()
    (tmp_path / "link").symlink_to("two")
    with pytest.raises(StoreGone, match="was replaced"):
        await keep(db, "said", "wrong")
    await db.close()
    assert value(tmp_path / "two" / "digest.db", "said") == "two"


async def test_results_are_written_once_the_file_is_back(sqlite_db: Database) -> None:
    db, place = sqlite_db, Path(sqlite_db.name)
    edition = await open_edition(db, readers=1)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, edition.id, "me", 1, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
    sent = [attempts.recording(db.dialect, [attempts.Result(claimed[0], "sent")], now=NOW)]  # type: ignore[arg-type]
    away = place.with_name("elsewhere.db")
    place.rename(away)
    with pytest.raises(StoreGone):
        await db.carry_out(sent)
    away.rename(place)
    assert await db.carry_out(sent) == [1]
    assert await states(db, edition) == {address(1): "sent"}
