"""SQLite's log after a kill: whole or damaged, it is told apart; SQLite itself says nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from digest.store.db.sqlite import wal
from tests.helpers.damage import flip

_WRITE = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("PRAGMA journal_mode=WAL")
conn.execute("PRAGMA synchronous=OFF")
conn.execute("CREATE TABLE t (a)")
for _ in range(int(sys.argv[2])):
    conn.execute("INSERT INTO t VALUES (?)", ("x" * 500,))
conn.execute("BEGIN")
conn.execute("INSERT INTO t VALUES ('not committed')")
print(flush=True)
sys.stdin.read()
"""


def killed(file: Path, rows: int) -> Path:
    """Let a process write rows and kill it; returns its log."""
    command = [sys.executable, "-c", _WRITE, str(file), str(rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    return file.with_name(file.name + "-wal")


def rows(file: Path) -> int:
    with closing(sqlite3.connect(file)) as conn:
        return int(conn.execute("SELECT count(*) FROM t").fetchone()[0])


@pytest.mark.parametrize("count", [0, 30, 3000])
def test_after_a_kill_alone_nothing_is_missing(tmp_path: Path, count: int) -> None:
    file = tmp_path / "a.db"
    killed(file, count)
    assert wal.lost(file) == 0
    assert rows(file) == count


def truncate(log: bytes) -> bytes:
    return log[:-100]


def blank(log: bytes) -> bytes:
    return bytes(32) + log[32:]


@pytest.mark.parametrize("damage", [truncate, flip, blank, lambda _: b""])
def test_what_is_missing_is_counted(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "a.db"
    log = killed(file, 30)
    log.write_bytes(damage(log.read_bytes()))
    assert wal.lost(file) > 0
    assert wal.lost(file) == 0, "it is looked at once, before the file is opened"
    if damage in (truncate, flip):
        assert rows(file) < 30


def test_a_log_that_was_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    killed(file, 30).unlink()
    assert wal.lost(file) > 0


def test_damage_behind_what_was_committed_is_none(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    log = killed(file, 30)
    log.write_bytes(log.read_bytes() + b"the beginning of a transaction that nobody was told of")
    assert wal.lost(file) == 0


_BUSY = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
for pragma in ("journal_mode=WAL", "synchronous=OFF", "wal_autocheckpoint=40"):
    conn.execute(f"PRAGMA {pragma}")
conn.execute("CREATE TABLE t (a)")
print(flush=True)
while True:
    conn.execute("INSERT INTO t VALUES (?)", ("x" * 3000,))
"""


def test_a_log_that_is_written_all_the_while_is_not_taken_for_damaged(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with subprocess.Popen([sys.executable, "-c", _BUSY, str(file)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = [wal.missing(file) for _ in range(300)]
        process.kill()
    assert found == [0] * 300


def test_after_an_orderly_end_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA journal_mode=WAL")
    assert wal.lost(file) == 0
    assert wal.lost(tmp_path / "none.db") == 0
