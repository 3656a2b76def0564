"""What a bench says in the end, as Markdown: how every goal was met, and what each of those who sent took."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from bench.harness.goals import GoalResult
from bench.harness.runs import Results, Run, rate

_WORDS = {True: "yes", False: "**no**", None: ""}


def verdicts(rows: Sequence[GoalResult]) -> Iterator[str]:
    """Yield the lines of a table of what is wanted and what came out."""
    cells = [
        [f"`{row.goal.row}`", row.goal.against, row.goal.wanted, row.figure, _WORDS[row.met]] for row in rows
    ]
    return _table(["row", "against", "wanted", "measured", "met"], cells)


def results(found: Results) -> Iterator[str]:
    """Yield the lines of a table of medians."""
    cells = [[name, *_medians(runs)] for name, runs in found.items()]
    return _table(["medians", "messages", "messages/s", "CPU a message", "peak memory"], cells)


def _medians(runs: Sequence[Run]) -> list[str]:
    cpu, memory = statistics.median(run.cpu_us for run in runs), max(run.memory for run in runs)
    return [f"{runs[0].messages:,}", f"{rate(runs):,.0f}", f"{cpu:,.0f} µs", f"{memory:.0f} MB"]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for cells in (head, ["-" * width for width in widths], *rows):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
