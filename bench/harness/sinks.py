"""Where mails are sent to: each sink is a context that yields its port on this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

from bench.harness.runs import Missing, python

HOST = "127.0.0.1"
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # Debian has Postfix's programs there


def program(name: str) -> str:
    """Return the path of one of Postfix's programs; raises Missing."""
    if found := shutil.which(name, path=_PATH):
        return found
    raise Missing(f"{name} is not here: install Debian's package postfix")


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink."""
    port = free_port()
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    with _process([program("smtp-sink"), *as_nobody, f"{HOST}:{port}", "1024"]):
        wait_for(port)
        yield port


@contextlib.contextmanager
def far_away(milliseconds: float) -> Iterator[int]:
    """Run a server that answers so late, as if it stood far away."""
    with _process(python("bench.harness.faraway", milliseconds)) as process:
        yield int(_line(process))


@contextlib.contextmanager
def arrival() -> Iterator[tuple[int, Callable[[], float]]]:
    """Run a sink that tells when its first mail comes: yields its port, and what waits for that (monotonic clock)."""
    with _process(python("bench.harness.arrival")) as process:
        yield int(_line(process)), lambda: float(_line(process))


def wait_for(port: int, seconds: float = 10.0) -> None:
    """Wait until somebody listens there."""
    give_up = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()
