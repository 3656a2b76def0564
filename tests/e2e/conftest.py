"""The program as an operator runs it: processes of its own, in a folder, that are waited for and can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.cli.conftest import Newsroom, newsroom  # noqa: F401  # a fixture


class Process:
    """A `digest` command under way."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._log: IO[bytes] = (folder / f"{arguments[0]}.log").open("ab+")
        environ = {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")}
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "digest", *arguments],
            cwd=folder,
            stdout=self._log,
            stderr=self._log,
            env=environ,
        )

    @property
    def said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    @property
    def over(self) -> bool:
        return self._popen.poll() is not None

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end; returns the exit code."""
        return self._popen.wait(seconds)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        if not self.over:
            self._popen.send_signal(number)

    def close(self) -> None:
        self.kill()
        self._popen.wait(10)
        self._log.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a `digest` command; whatever still runs at the end of the test is killed."""
    running: list[Process] = []

    def begin(*arguments: str) -> Process:
        running.append(Process(tmp_path, *arguments))
        return running[-1]

    yield begin
    for process in running:
        process.close()


def until(condition: Callable[[], object], process: Process, seconds: float = 30) -> None:
    """Wait until something holds; fails with what the process said if it ends or takes too long before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert not process.over, process.said
        assert time.monotonic() < deadline, process.said
        time.sleep(0.01)  # noqa: TID251  # waiting for another process
