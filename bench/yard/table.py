"""What a bench says in the end: for every row its goal and what came out, and what each of those who sent took."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.yard.runs import Results, Run, rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One row: what was compared, what is wanted, what came out, and whether that is enough (None: not measured)."""

    row: str  # its name on the command line
    against: str
    goal: str
    figure: str
    met: bool | None


def times(row: str, against: str, ratio: float, goal: float, of: str = "") -> Verdict:
    """Return the verdict on being so many times as fast."""
    return Verdict(
        row=row, against=against, goal=f"{goal:g} x{of}", figure=f"{ratio:.2f} x", met=ratio >= goal
    )


def skipped(row: str, against: str, goal: str, why: object) -> Verdict:
    return Verdict(row=row, against=against, goal=goal, figure=str(why), met=None)


def verdicts(rows: Sequence[Verdict]) -> Iterator[str]:
    """Yield the lines of a table of rows, Markdown."""
    yield from _table(
        ["row", "against", "at least", "measured", "met"],
        [
            [
                f"`{row.row}`",
                row.against,
                row.goal,
                row.figure,
                {True: "yes", False: "**no**", None: "-"}[row.met],
            ]
            for row in rows
        ],
    )


def results(found: Results) -> Iterator[str]:
    """Yield the lines of a table of medians, one line for each of those who sent."""
    yield from _table(
        ["medians", "messages", "messages/s", "CPU a message", "peak memory"],
        [[name, *_medians(runs)] for name, runs in found.items()],
    )


def _medians(runs: Sequence[Run]) -> list[str]:
    cpu, memory = (statistics.median(getattr(run, name) for run in runs) for name in ("cpu_us", "memory"))
    return [f"{runs[0].messages:,}", f"{rate(runs):,.0f}", f"{cpu:,.0f} µs", f"{memory:.0f} MB"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for cells in (head, ["-" * width for width in widths], *rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
