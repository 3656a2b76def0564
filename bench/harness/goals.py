"""What is wanted of delivery, and whether it came out: every line of the table is one number with its limit."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from bench.harness.peers import SmtpSource
from bench.harness.runs import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for all who send."""

    readers: int
    connections: int
    rounds: int
    size: int  # bytes of a message on the wire
    letter: Path  # the mail as `bench.harness.letter` writes it
    large: bool  # a million readers too
    over_smtp: bool  # every number of readers over SMTP too

    @property
    def source(self) -> SmtpSource:
        return SmtpSource(size=self.size, connections=self.connections)


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that has to reach `limit`, or with `under` stay below it; several goals may share one `row`."""

    row: str  # its name on the command line
    against: str
    limit: float
    unit: str = "x"
    under: bool = False

    @property
    def wanted(self) -> str:
        return f"{'under' if self.under else 'at least'} {self.limit:g} {self.unit}"

    def judge(self, *values: float) -> GoalResult:
        """Judge the median of what several rounds gave; the figure tells how far they were apart."""
        value = statistics.median(values)
        met = value < self.limit if self.under else value >= self.limit
        spread = f" ({_short(min(values))} to {_short(max(values))})" if len(values) > 1 else ""
        return GoalResult(self, f"{_short(value)} {self.unit}{spread}", met)

    def skip(self, why: object) -> GoalResult:
        return GoalResult(self, str(why), None)


@dataclass(frozen=True, slots=True)
class GoalResult:
    """What came out, and whether it is enough; None where it was not measured, and the figure says why."""

    goal: Goal
    figure: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured: verdicts, and the runs behind them by the name of who sent."""

    verdicts: list[GoalResult]
    results: Results = field(default_factory=dict)


def _short(value: float) -> str:
    return f"{value:,.{0 if value >= 20 else 2}f}"
