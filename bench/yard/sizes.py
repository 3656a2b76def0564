"""How cost grows with the number of readers: memory, pace, and the time to the first mail, all of `digest send`."""

from __future__ import annotations

import contextlib
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial

from bench.yard import product, sinks
from bench.yard.newsroom import NOWHERE, Smtp, Stock, stock
from bench.yard.rows import Terms, Yard
from bench.yard.runs import Missing, Run, compete, rate
from bench.yard.table import Verdict, skipped

MILLION = 1_000_000
_MEMORY_GOAL = 80.0  # MB
_FIRST_GOAL = 3.0  # seconds
_ALIKE = 1.1  # the highest over the lowest


# --- memory and pace -----------------------------------------------------------------------------------------


def sizes(terms: Terms, wanted: Collection[str]) -> Yard:
    """Send editions of more and more readers: to nowhere, where the engine alone counts, and over SMTP."""
    counts = (10_000, 100_000, *([MILLION] if terms.large else []))
    engine = _measure(counts, NOWHERE, "to nowhere", terms.rounds)
    smtp: Mapping[str, Sequence[Run]] = {}
    with contextlib.suppress(Missing), sinks.smtp_sink() as port:
        sender = Smtp(port=port, connections=terms.connections)
        smtp = _measure(counts if terms.over_smtp else counts[:1], sender, "into smtp-sink", terms.rounds)
    said = []
    if "memory" in wanted:
        said.append(_memory([*engine.values(), *smtp.values()]))
    if "pace" in wanted:
        said += [
            _pace(where, found)
            for where, found in (("nowhere", engine), ("smtp-sink", smtp))
            if len(found) > 1
        ]
    return said, {**engine, **smtp}


def _measure(
    counts: Sequence[int], sender: str | Smtp, where: str, rounds: int
) -> Mapping[str, Sequence[Run]]:
    """Send to each number of readers; to large ones once only, for that takes long and differs little."""
    found: dict[str, Sequence[Run]] = {}
    for count in counts:
        with stock(count, opened=False) as ready:
            name = f"{count:,} readers, {where}"
            times = rounds if count < 100_000 else 1
            found |= compete({name: partial(product.send, ready, sender)}, times)
    return found


def _memory(found: Sequence[Sequence[Run]]) -> Verdict:
    peaks = [max(run.memory for run in runs) for runs in found]
    return Verdict(
        row="memory",
        against="memory of `digest send`, whatever the number of readers",
        goal=f"under {_MEMORY_GOAL:.0f} MB, within 10 %",
        figure=f"{min(peaks):.0f} to {max(peaks):.0f} MB",
        met=max(peaks) < _MEMORY_GOAL and max(peaks) <= _ALIKE * min(peaks),
    )


def _pace(where: str, found: Mapping[str, Sequence[Run]]) -> Verdict:
    paces = [rate(runs) for runs in found.values()]
    return Verdict(
        row="pace",
        against=f"messages/s whatever the number of readers, into {where}",
        goal="within 10 %",
        figure=f"{min(paces):,.0f} to {max(paces):,.0f}",
        met=max(paces) <= _ALIKE * min(paces),
    )


# --- the first mail ------------------------------------------------------------------------------------------


def first(terms: Terms, _: Collection[str]) -> Yard:
    """Measure from the start of `digest send`, the interpreter's included, to the first DATA at the sink."""
    against, goal = "`digest send` to the first mail, 1,000,000 readers", f"under {_FIRST_GOAL:g} s"
    if not terms.large:
        return [skipped("first", against, goal, "with --large")], {}
    with stock(MILLION, opened=False) as ready:
        spent = statistics.median(_until_first(ready, terms.connections) for _ in range(terms.rounds))
    return [
        Verdict(row="first", against=against, goal=goal, figure=f"{spent:.2f} s", met=spent < _FIRST_GOAL)
    ], {}


def _until_first(ready: Stock, connections: int) -> float:
    with (
        sinks.arrival() as (port, first_data),
        ready.copy(Smtp(port=port, connections=connections)) as folder,
    ):
        begun = time.monotonic()  # one clock for all processes
        with subprocess.Popen(product.command(folder), stdout=subprocess.DEVNULL) as sending:
            spent = first_data() - begun
            sending.send_signal(signal.SIGINT)  # it puts back what it has not sent
    print(f"  {spent:.2f} s to the first mail", file=sys.stderr, flush=True)
    return spent
