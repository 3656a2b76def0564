"""How fast an edition leaves, beside others who send the same mail, and what it costs: every goal in one run.

45 kB of HTML (57 kB on the wire) with each reader's own links, 20 connections, a durable ledger (SQLite,
synchronous=FULL). The yardstick is smtp-source of Postfix, a C program that sends the same bytes again and again,
without a ledger and without personal copies; it comes with Debian's package `postfix`, as does smtp-sink, into which
all of them send. The libraries to compare with are installed into .cache/bench when they are first needed. Whoever is
not here is left out, and the table says why.

    python bench/delivery.py [--readers 20000] [--rounds 3] [--only ROW ...] [--large] [--over-smtp]

Rows: source, dkim, aiosmtplib, nodemailer, cpu, far, postfix, memory, pace, first. A million readers (--large) take
some minutes more, their mails over SMTP (--over-smtp) many.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.yard import rows, sizes, table
from bench.yard.rows import Terms, Yard
from bench.yard.runs import Missing, python, run
from bench.yard.table import Verdict

#: Each yard measures some rows in one go: those that are wanted.
YARDS: tuple[tuple[tuple[str, ...], Callable[[Terms, set[str]], Yard]], ...] = (
    (("source", "dkim", "aiosmtplib", "nodemailer", "cpu"), rows.near),
    (("far",), rows.far),
    (("postfix",), rows.into_postfix),
    (("memory", "pace"), sizes.sizes),
    (("first",), sizes.first),
)
ROWS = [row for names, _ in YARDS for row in names]


def measure(terms: Terms, wanted: set[str]) -> Iterator[Yard]:
    """Yield what each yard found; one that lacks something says so in its rows."""
    for names, yard in YARDS:
        if rows_here := wanted.intersection(names):
            print(", ".join(name for name in names if name in rows_here), file=sys.stderr, flush=True)
            try:
                yield yard(terms, rows_here)
            except Missing as missing:
                yield [_absent(name, missing) for name in names if name in rows_here], {}


def _absent(row: str, why: Missing) -> Verdict:
    return table.skipped(row, "", "", why)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, metavar="ROW")
    parser.add_argument("--large", action="store_true", help="a million readers too")
    parser.add_argument("--over-smtp", action="store_true", help="all numbers of readers over SMTP too")
    return parser.parse_args()


def main() -> None:
    given = options()
    with tempfile.TemporaryDirectory() as folder:
        letter = Path(folder) / "letter.json"
        run(python("bench.yard.letter", letter))
        terms = Terms(
            readers=given.readers,
            connections=given.connections,
            rounds=given.rounds,
            size=json.loads(letter.read_text(encoding="utf-8"))["size"],
            letter=letter,
            large=given.large,
            over_smtp=given.over_smtp,
        )
        found = list(measure(terms, set(given.only)))
    print(
        f"{terms.readers:,} readers, {terms.connections} connections, {terms.size:,} bytes a message, "
        f"medians of {terms.rounds} rounds; {os.cpu_count()} processors, Python {platform.python_version()}\n"
    )
    verdicts = [verdict for said, _ in found for verdict in said]
    print(*table.verdicts(verdicts), "", sep="\n")
    print(*table.results({name: runs for _, results in found for name, runs in results.items()}), sep="\n")


if __name__ == "__main__":
    main()
