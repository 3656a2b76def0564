"""Worker processes: further processes of this program that only deliver, so that all processors sign and send.

Each of them is `digest worker` on the same database. A pipe ties them to the process that started them: when it breaks,
also because that process was killed, they finish what is leaving and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence

from digest.settings import Settings

log = logging.getLogger("digest")

_RESTART_SECONDS = 5.0  # before a worker that ended is replaced
_DRAIN_SECONDS = 40.0  # that workers may take to finish what is leaving


def size(settings: Settings) -> int:
    """Return how many processes deliver, this one included; never more than may send one mail a second each."""
    workers = settings.delivery.workers
    wanted = (os.cpu_count() or 1) if workers == "auto" else workers
    per_second = [rate.count for sender in settings.senders for rate in sender.rate if rate.seconds == 1]
    return min([wanted, *per_second])


@contextlib.asynccontextmanager
async def workers_running(others: int, options: Sequence[str] = ()) -> AsyncIterator[None]:
    """Keep `others` workers running beside this process; `options` are those of the program, before the command."""
    command = [sys.executable, "-P", "-m", "digest", *options, "worker", "--until-eof"]
    keepers = [asyncio.create_task(_keep(command)) for _ in range(others)]
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)


async def until_eof(stop: asyncio.Event) -> None:
    """Set `stop` when the standard input ends."""

    class LivenessTracker(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            stop.set()

    await asyncio.get_running_loop().connect_read_pipe(LivenessTracker, sys.stdin)


async def _keep(command: Sequence[str]) -> None:
    """Have one worker at any time, until cancelled."""
    while True:
        # In a session of its own, so that Ctrl-C is ours alone; the pipe is the only tie.
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=DEVNULL, start_new_session=True
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise
        log.warning("a worker ended with exit code %d; another takes its place", code)
        await asyncio.sleep(_RESTART_SECONDS)


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _DRAIN_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
