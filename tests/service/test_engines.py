"""Two engines, one set of jobs: a function does each kind, and the queue's library is loaded only where it is used."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from digest.app import open_tools
from digest.errors import StoreError
from digest.service.jobs.running import PutBack, Running
from digest.service.jobs.work import WORK
from digest.service.queue.presence import differences
from digest.service.queue.tasks import pause
from digest.settings import DatabaseSettings, Settings
from digest.store.jobs.kinds import DELIVER, FETCH, KINDS, MAKE
from digest.store.jobs.machines import Machine


def test_every_kind_of_job_is_done_by_a_function() -> None:
    assert WORK.keys() == KINDS.keys()


def test_sqlite_alone_never_loads_the_queue() -> None:
    program = "import sys, digest.app, digest.service.service; print('procrastinate' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_pauses_double_up_to_a_limit_and_visits_are_given_up() -> None:
    error = ValueError()
    assert [pause(MAKE, error, n) for n in (0, 1, 2, 3, 90)] == [5, 10, 20, 40, 60]
    assert [pause(DELIVER, error, n) for n in (0, 3, 90)] == [5, 40, 600]
    assert [pause(FETCH, error, n) for n in (0, 1, 2)] == [0, 0, None]
    assert [pause(FETCH, StoreError("away"), n) for n in (0, 1, 2, 9)] == [1, 2, 4, 30], "until it is back"
    assert pause(FETCH, asyncio.CancelledError(), 99) == 0, "what was cut is no failure"
    assert pause(FETCH, PutBack("not here", 5, 60), 59) == 5
    assert pause(FETCH, PutBack("not here", 5, 60), 60) is None


async def test_a_job_about_what_is_not_configured_here_is_left_to_others(sqlite_url: str) -> None:
    async with open_tools(Settings(database=DatabaseSettings(url=sqlite_url))) as tools:
        running = Running(tools, asyncio.Event())
        for kind, ids in (
            (MAKE, {"newsletter": "weekly", "slot": "1"}),
            (FETCH, {"source": "ab12", "visited": ""}),
        ):
            with pytest.raises(PutBack, match="this machine's configuration does not have") as error:
                await WORK[kind.name](running, [ids])
            assert pause(kind, error.value, 0) == 5
            assert pause(kind, error.value, 60) is None, "no machine has it"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, []),
        ({"alive": False, "version": "9"}, []),
        ({"version": "9"}, ["web2/7: it runs version 9, this machine 1"]),
        ({"configuration": "b"}, ["web2/7: its configuration is another one than this machine's"]),
    ],
)
def test_a_machine_notices_one_that_is_not_like_it(other: dict[str, object], words: list[str]) -> None:
    def machine(name: str, **more: object) -> Machine:
        alike = {"run": name, "name": name, "host": "x", "version": "1", "configuration": "a"}
        return Machine(**{**alike, "queues": (), "workers": (), **more})  # type: ignore[arg-type]

    me = machine("web1/7")
    assert [text.partition(";")[0] for text in differences(me, [me, machine("web2/7", **other)])] == words
