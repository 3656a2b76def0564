"""One run of somebody who sends, and the comparison of several in interleaved rounds."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


class Missing(Exception):
    """Something to compare with is not on this machine; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What it took to send so many messages: wall seconds, CPU seconds of user and kernel, peak memory in MB."""

    messages: int
    seconds: float
    cpu: float
    memory: float

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu / self.messages * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that came to its end: what it printed and used, its children included."""

    output: str
    seconds: float
    cpu: float
    memory: float


def run(command: Sequence[str], *, environ: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end; raises CalledProcessError if it fails."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        try:
            output = process.stdout.read()
        except BaseException:  # we are asked to end, and so is it
            process.terminate()
            raise
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begun
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Ended(
        output=output, seconds=seconds, cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss / 1024
    )


def python(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module of ours in a process of its own."""
    return [sys.executable, "-m", module, *map(str, arguments)]


Contenders: TypeAlias = Mapping[str, Callable[[], Run]]
Results: TypeAlias = Mapping[str, Sequence[Run]]


def compete(contenders: Contenders, rounds: int) -> Results:
    """Let each of them send once in every round, the other way round in every second one; say how each did."""
    results: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in list(contenders) if number % 2 == 0 else reversed(list(contenders)):
            result = contenders[name]()
            results[name].append(result)
            print(f"  {name:<42}{result.per_second:>9,.0f} messages/s", file=sys.stderr, flush=True)
    return results


def rate(runs: Sequence[Run]) -> float:
    """Return the median of their messages a second."""
    return statistics.median(run.per_second for run in runs)


def ratios(mine: Sequence[Run], theirs: Sequence[Run]) -> list[float]:
    """Return for each round how many times as many messages a second one sent as the other."""
    return [one.per_second / other.per_second for one, other in zip(mine, theirs, strict=True)]
