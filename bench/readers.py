"""Readers from a file: how long an import takes on SQLite, what it costs in CPU, and the most memory it holds.

Wall time on a fresh database, disk included; each row in a process of its own, so that memory is its own. Fewer readers:
`readers.py 100000`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

from digest.readers.transfer.transfer import import_file
from digest.store.db.database import Database

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
READERS = 1_000_000


def plain(count: int) -> Iterator[str]:
    """Yield the lines of a table of addresses and names."""
    yield "address,name"
    for number in range(count):
        yield f"reader.{number}@mail{number % 300}.example.org,Reader"


def mailchimp(count: int) -> Iterator[str]:
    """Yield the lines of a table as Mailchimp exports it: quoted, with proof of consent for each."""
    yield "Email Address,First Name,Last Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME"
    row = '"reader.{0}@mail{1}.example.org","Anna","Berg"'
    row += ',"2024-05-{2:02} 10:11:12","192.0.2.{3}","2024-05-{2:02} 10:12:13"'
    for n in range(count):
        yield row.format(n, n % 300, 1 + n % 28, n % 250)


TABLES: dict[str, Callable[[int], Iterator[str]]] = {
    "address and name": plain,
    "Mailchimp's columns": mailchimp,
}


async def measure(name: str, folder: Path, count: int) -> None:
    db, table = await Database.open(f"sqlite:///{folder / 'digest.db'}"), folder / "readers.csv"
    with table.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\r\n" for line in TABLES[name](count))
    before = _megabytes()
    for turn, added in (("first time", count), ("again", 0)):
        start, busy = perf_counter(), process_time()
        report = await import_file(db, "daily", table.open("rb"), NOW)
        assert report.added == added, report
        spent = f"{perf_counter() - start:7.1f} s {process_time() - busy:7.1f} s CPU"
        print(f"  {name}, {count:,} rows, {turn:<12} {spent}   {_megabytes():5} MB at most ({before} before)")
    await db.close()


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _alone(name: str, count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        asyncio.run(measure(name, Path(folder), count))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else READERS
    context = multiprocessing.get_context("spawn")
    for name in TABLES:
        process = context.Process(target=_alone, args=(name, count))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)


if __name__ == "__main__":
    main()
