"""How cost grows with the number of readers: memory, pace, and the time to the first mail, all of `digest send`."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from bench.harness import product, sinks
from bench.harness.goals import Found, Goal, GoalResult, Terms
from bench.harness.newsroom import NOWHERE, Smtp, Stock, stock
from bench.harness.runs import Missing, Results, Run, compete, rate

MILLION = 1_000_000
_USUAL = (10_000, 100_000)

_MEMORY = Goal("memory", "peak memory of `digest send`, whatever the number of readers", 80, "MB", under=True)
_FLAT = Goal("memory", "the same, the highest over the lowest", 1.1, under=True)
_PACE = Goal("pace", "messages/s to nowhere, the highest over the lowest number of readers", 1.1, under=True)
_SMTP_PACE = Goal("pace", "the same into smtp-sink", 1.1, under=True)
_FIRST = Goal("first", f"`digest send` to the first mail, {MILLION:,} readers", 3, "s", under=True)
GROWTH_GOALS, FIRST_GOALS = (_MEMORY, _FLAT, _PACE, _SMTP_PACE), (_FIRST,)


# --- memory and pace -----------------------------------------------------------------------------------------


def growth(terms: Terms, wanted: Collection[str]) -> Found:
    """Send editions of more and more readers: to nowhere, where the engine alone counts, and over SMTP."""
    nowhere = _measure(terms, NOWHERE, "to nowhere", _USUAL)
    smtp: Results = {}
    with contextlib.suppress(Missing), sinks.smtp_sink() as port:
        sender = Smtp(port=port, connections=terms.connections)
        smtp = _measure(terms, sender, "into smtp-sink", _USUAL if terms.over_smtp else _USUAL[:1])
    verdicts = [*_memory({**nowhere, **smtp}), *_paces(nowhere, smtp)]
    return Found([verdict for verdict in verdicts if verdict.goal.row in wanted], {**nowhere, **smtp})


def _measure(terms: Terms, sender: str | Smtp, where: str, counts: Sequence[int]) -> Results:
    """Send to each number of readers in interleaved rounds, and to a million once, for that takes a while."""
    results: dict[str, Sequence[Run]] = {}
    large = [MILLION] if terms.large and len(counts) > 1 else []
    for group, rounds in ((counts, terms.rounds), (large, 1)):
        with contextlib.ExitStack() as stack:
            stocks = [stack.enter_context(stock(count, opened=False)) for count in group]
            contenders = {
                f"{ready.readers:,} readers, {where}": partial(product.send, ready, sender)
                for ready in stocks
            }
            results |= compete(contenders, rounds)
    return results


def _memory(results: Results) -> Iterator[GoalResult]:
    peaks = [max(run.memory for run in runs) for runs in results.values()]
    yield _MEMORY.judge(max(peaks))
    yield _FLAT.judge(max(peaks) / min(peaks))


def _paces(nowhere: Results, smtp: Results) -> Iterator[GoalResult]:
    for goal, results in ((_PACE, nowhere), (_SMTP_PACE, smtp)):
        paces = [rate(runs) for runs in results.values()]
        yield goal.judge(max(paces) / min(paces)) if len(paces) > 1 else goal.skip("with --over-smtp")


# --- the first mail ------------------------------------------------------------------------------------------


def first(terms: Terms, _: Collection[str]) -> Found:
    """Measure from the start of `digest send`, the interpreter's included, to the first DATA at the sink."""
    if not terms.large:
        return Found([_FIRST.skip("with --large")])
    with stock(MILLION, opened=False) as ready:
        spent = [_until_first(ready, terms.connections) for _ in range(terms.rounds)]
    return Found([_FIRST.judge(*spent)])


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
