"""Keep the rows of an import on disk, where those of one person are compared and each gets its verdict.

A million rows do not fit into the memory that this program may take, and the strictest of a person's rows can be the
last one of the last file. So they stand in a temporary database of SQLite, which is gone with its last user.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from digest.readers.addresses import Address
from digest.readers.transfer.report import RowVerdict, Verdict
from digest.readers.transfer.rows import Row
from digest.readers.transfer.standing import Standing

_BATCH = 5000  # rows
_CACHE_KIB = 8192

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    CREATE TABLE row (
        id INTEGER PRIMARY KEY, file INTEGER, line INTEGER, shown TEXT, address TEXT, key TEXT, name TEXT,
        standing INTEGER, why TEXT, at TEXT, proof TEXT, verdict TEXT
    );
    BEGIN;
"""
_INSERT = "INSERT INTO row VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
#: Rows of persons who have a stricter or an earlier one, with that one.
_AGAIN = """
    CREATE TABLE again AS
    SELECT id, kept FROM (
        SELECT id, first_value(id) OVER (PARTITION BY key ORDER BY standing DESC, id) AS kept
        FROM row WHERE key IS NOT NULL
    ) WHERE id <> kept
"""
_WILLING = """
    SELECT min(line) FROM row r WHERE file = ? AND key IS NOT NULL AND standing = ?
    AND NOT EXISTS (SELECT 1 FROM row k WHERE k.key IS NOT NULL AND k.key = r.key AND k.standing > r.standing)
"""
_NEXT = (
    "SELECT id, line, shown, address, key, name, standing, why, at, proof FROM row "  # noqa: S608
    f"WHERE id > ? AND key IS NOT NULL AND standing BETWEEN ? AND ? ORDER BY id LIMIT {_BATCH}"
)


class Staging:
    """The rows of the files of one import, in their order; each method may be called in any thread, one at a time."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.executescript(_TABLES)
        self._files: list[str] = []
        self._close = weakref.finalize(self, self._db.close)

    def add(self, file: str, rows: Iterable[Row]) -> int:
        """Take the rows of a file; returns how many. `file` names it in a ZIP."""
        number, count = len(self._files), 0
        self._files.append(file)
        left = (_cells(number, row) for row in rows)
        while batch := list(islice(left, _BATCH)):
            self._db.executemany(_INSERT, batch)
            count += len(batch)
        return count

    def compare(self) -> None:
        """Say that all rows are there, and bring those of each person together."""
        self._db.execute("CREATE INDEX by_key ON row (key, standing DESC, id) WHERE key IS NOT NULL")

    def settle(self) -> None:
        """Let only the strictest of each person's rows count; the others, and rows without a person, are refused."""
        self._db.execute(_AGAIN)
        query = (
            "SELECT a.id, k.file, k.line, k.why, k.standing = r.standing, k.file = r.file FROM again a "
            "JOIN row r ON r.id = a.id JOIN row k ON k.id = a.kept"
        )
        update = "UPDATE row SET key = NULL, why = ? WHERE id = ?"
        self._db.execute("DROP INDEX by_key")  # which each update would write to
        self._db.executemany(update, ((self._same(*kept), id_) for id_, *kept in self._db.execute(query)))
        self._db.execute(
            "UPDATE row SET verdict = ? WHERE key IS NULL OR standing = ?",
            (Verdict.REFUSED, Standing.UNPROVEN),
        )

    def _same(self, file: int, line: int, why: str, as_strict: bool, same_file: bool) -> str:
        place = f"line {line}" if same_file else f"line {line} of {self._files[file]}"
        return f"the same as {place}" if as_strict or not why else f"the same as {place}, where {why}"

    def first_willing(self, file: int) -> int | None:
        """Return the line of the first row in a file whose person wants mail by all that any file says; else None."""
        found: int | None = self._db.execute(_WILLING, (file, Standing.CONFIRMED)).fetchone()[0]
        return found

    def leaving(self) -> Iterator[Sequence[tuple[int, Row]]]:
        """Yield the rows of persons who left or take no mail, in batches, with their numbers."""
        return self._batches(Standing.LEFT, Standing.SUPPRESSED)

    def willing(self) -> Iterator[Sequence[tuple[int, Row]]]:
        """Yield the rows of persons who want mail, in batches, with their numbers."""
        return self._batches(Standing.CONFIRMED, Standing.CONFIRMED)

    def _batches(self, mildest: Standing, strictest: Standing) -> Iterator[Sequence[tuple[int, Row]]]:
        last = 0
        while batch := [
            (found[0], _row(found[1:])) for found in self._db.execute(_NEXT, (last, mildest, strictest))
        ]:
            last = batch[-1][0]
            yield batch

    def judge(
        self,
        numbers: Sequence[int],
        usual: Verdict,
        others: Mapping[int, tuple[Verdict, str]],
    ) -> None:
        """Store the verdicts of a batch: the `usual` one, or the others', with the reason."""
        leaving = usual is Verdict.UNSUBSCRIBED
        standings = (
            (Standing.LEFT, Standing.SUPPRESSED) if leaving else (Standing.CONFIRMED, Standing.CONFIRMED)
        )
        self._db.execute(
            "UPDATE row SET verdict = ? WHERE id BETWEEN ? AND ? AND verdict IS NULL AND standing BETWEEN ? AND ?",
            (usual, numbers[0], numbers[-1], *standings),
        )
        self._db.executemany(
            "UPDATE row SET verdict = ?, why = ? WHERE id = ?",
            ((verdict, why, number) for number, (verdict, why) in others.items()),
        )

    def counts(self) -> dict[Verdict, int]:
        """Return how many rows there are of each verdict."""
        found = dict(self._db.execute("SELECT verdict, count(*) FROM row GROUP BY verdict"))
        return {verdict: found.get(verdict.value, 0) for verdict in Verdict}

    def __iter__(self) -> Iterator[RowVerdict]:
        query = "SELECT line, shown, address, verdict, why, file FROM row ORDER BY id"
        for line, shown, address, verdict, why, file in self._db.execute(query):
            taken = verdict != Verdict.REFUSED
            yield RowVerdict(line, address if taken else shown, Verdict(verdict), why, self._files[file])


def _cells(file: int, row: Row) -> tuple[object, ...]:
    address, key = (row.address.text, row.address.key) if row.address else (None, None)
    at = row.at.isoformat() if row.at else None
    proof = json.dumps(dict(row.proof), ensure_ascii=False) if row.proof else None
    return file, row.line, row.shown, address, key, row.name, int(row.standing), row.why, at, proof


def _row(found: Sequence[object]) -> Row:
    line, shown, address, key, name, standing, why, at, proof = found
    return Row(
        line=int(str(line)),
        shown=str(shown),
        address=Address(str(address), str(key)),
        name=str(name),
        standing=Standing(int(str(standing))),
        why=str(why),
        at=datetime.fromisoformat(str(at)) if at else None,
        proof=json.loads(str(proof)) if proof else {},
    )
