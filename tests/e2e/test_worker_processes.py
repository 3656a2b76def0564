"""Several processes deliver for one command: everybody gets it once, and none of them outlives who started it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.service import worker_processes
from digest.settings import Settings
from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.helpers.databases import known_long_ago

Start = Callable[..., Process]


def workers(folder: Path) -> set[int]:
    """The workers that belong to a command in this folder."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = process.joinpath("cwd").readlink() == folder
            if ours and b"--until-eof" in process.joinpath("cmdline").read_bytes():
                found.add(int(process.name))
        except OSError:
            continue  # it has ended meanwhile
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["told to end", "killed"])
def test_workers_deliver_and_end_with_who_started_them(
    start: Start,
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    newsroom.edit("[fetch]", "[web]\nport = 0\n\n[delivery]\nworkers = 3\n\n[fetch]")
    newsroom.edit('"0 7 * * *"', '"0 * * * *"')
    newsroom.edit("[[newsletters]]\n", '[[senders]]\nkind = "eml"\n\n[[newsletters]]\n')
    people = [f"reader{n}@example.org" for n in range(40)]
    digest("subscribers", "add", *people, "--newsletter", "daily")
    known_long_ago(tmp_path / "digest.db")
    service = start("run")
    until(lambda: len(newsroom.mails) == 40, service)
    until(lambda: len(workers(tmp_path)) == 2, service)
    one = workers(tmp_path).pop()
    os.kill(one, signal.SIGKILL)
    until(lambda: len(workers(tmp_path) - {one}) == 2, service)  # another takes its place
    service.kill(number)
    service.wait(20)
    deadline = time.monotonic() + 20
    while left := workers(tmp_path):
        assert time.monotonic() < deadline, left
        time.sleep(0.01)  # noqa: TID251  # waiting for other processes
    assert len(newsroom.mails) == 40


def test_send_shares_its_work_and_leaves_nobody_behind(
    newsroom: Newsroom,
    start: Start,
    digest: Digest,  # noqa: F811
    tmp_path: Path,
) -> None:
    newsroom.edit("[fetch]", "[delivery]\nworkers = 2\n\n[fetch]")
    people = [f"reader{n}@example.org" for n in range(300)]
    digest("subscribers", "add", *people, "--newsletter", "daily")
    sending = start("send", "daily")
    assert sending.wait(60) == 0, sending.said
    assert "300 sent of 300 readers" in sending.said
    assert "Traceback" not in sending.said
    assert len(newsroom.mails) == 300
    assert not workers(tmp_path)


def test_never_more_processes_than_mails_a_second() -> None:
    settings = Settings.model_validate(
        {"delivery": {"workers": 8}, "senders": [{"rate": ["3/s", "500/day"]}]}
    )
    assert worker_processes.size(settings) == 3
    settings = Settings.model_validate({"delivery": {"workers": "auto"}})
    assert worker_processes.size(settings) == os.cpu_count()
    assert worker_processes.size(Settings()) == 1
