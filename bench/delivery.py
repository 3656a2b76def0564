"""How fast an edition leaves, beside others who send the same mail, and what it costs: every goal in one run.

45 kB of HTML (57 kB on the wire) with each reader's own links, 20 connections, a durable ledger (SQLite,
synchronous=FULL). The yardstick is smtp-source of Postfix, a C program that sends the same bytes again and again,
without a ledger and without personal copies; it comes with Debian's package `postfix`, as does smtp-sink, into which
all of them send. The libraries to compare with are installed into .cache/bench when they are first needed. A program
that is missing is left out, and the table says why.

    python bench/delivery.py [--readers 20000] [--rounds 3] [--only ROW ...] [--large] [--over-smtp]

Rows: source, dkim, aiosmtplib, nodemailer, cpu, far, postfix, memory, pace, first. A million readers (--large) take
some minutes more, their mails over SMTP (--over-smtp) many.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.harness import elsewhere, near, sizes, table
from bench.harness.goals import Found, Goal, Terms
from bench.harness.runs import Missing, python, run


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bench: it measures the wanted rows of its goals together."""

    goals: Sequence[Goal]
    measure: Callable[[Terms, Collection[str]], Found]

    @property
    def rows(self) -> list[str]:
        return list(dict.fromkeys(goal.row for goal in self.goals))


PARTS = (
    Part(near.GOALS, near.measure),
    Part(elsewhere.FAR_GOALS, elsewhere.far),
    Part(elsewhere.POSTFIX_GOALS, elsewhere.into_postfix),
    Part(sizes.GROWTH_GOALS, sizes.growth),
    Part(sizes.FIRST_GOALS, sizes.first),
)
ROWS = [row for part in PARTS for row in part.rows]


def measure(terms: Terms, wanted: Collection[str]) -> Iterator[Found]:
    """Yield what each part measured; the rows of a part that lacks a program say so."""
    for part in PARTS:
        if rows := [row for row in part.rows if row in wanted]:
            print(", ".join(rows), file=sys.stderr, flush=True)
            try:
                yield part.measure(terms, rows)
            except Missing as missing:
                yield Found([goal.skip(missing) for goal in part.goals if goal.row in rows])


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, metavar="ROW")
    parser.add_argument("--large", action="store_true", help="a million readers too")
    parser.add_argument("--over-smtp", action="store_true", help="every number of readers over SMTP too")
    return parser.parse_args()


def terms_of(given: argparse.Namespace, letter: Path) -> Terms:
    run(python("bench.harness.letter", letter))
    return Terms(
        readers=given.readers,
        connections=given.connections,
        rounds=given.rounds,
        size=json.loads(letter.read_text(encoding="utf-8"))["size"],
        letter=letter,
        large=given.large,
        over_smtp=given.over_smtp,
    )


def main() -> None:
    given = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that sinks end with us
    with tempfile.TemporaryDirectory() as folder:
        terms = terms_of(given, Path(folder) / "letter.json")
        found = list(measure(terms, given.only))
    print(
        f"{terms.readers:,} readers, {terms.connections} connections, {terms.size:,} bytes a message, "
        f"{terms.rounds} rounds; {os.cpu_count()} processors, Python {platform.python_version()}\n"
    )
    print(*table.verdicts([verdict for one in found for verdict in one.verdicts]), sep="\n")
    if results := {name: runs for one in found for name, runs in one.results.items()}:
        print("", *table.results(results), sep="\n")


if __name__ == "__main__":
    main()
