"""A machine's presence: it says that it lives and what it does, and notices machines that are not like it."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import socket
from collections.abc import Sequence

from digest import __version__
from digest.service.jobs.running import Running
from digest.service.queue.lane import JobLane
from digest.settings import Settings
from digest.store.jobs import machines
from digest.store.jobs.machines import Machine

log = logging.getLogger("digest")

#: What all machines must have in common.
_SHARED = {"site", "newsletters", "senders", "fetch", "images"}


class Presence:
    """One process among the machines."""

    def __init__(self, running: Running, queues: Sequence[str]) -> None:
        self._running, self._queues = running, queues
        self._host = socket.gethostname()
        self._run = secrets.token_hex(8)
        self._configuration = fingerprint(running.tools.settings)
        self.name = f"{self._host}/{os.getpid()}"

    async def beat(self, lanes: Sequence[JobLane]) -> None:
        """Give a sign of life, and say once which machines are of another version or configuration."""
        tools = self._running.tools
        me = Machine(
            run=self._run,
            name=self.name,
            host=self._host,
            version=__version__,
            configuration=self._configuration,
            queues=self._queues,
            workers=[lane.worker for lane in lanes if lane.worker is not None],
            doubt=tools.timekeeper.doubt,
        )
        await machines.beat(tools.db, me)
        tools.notices.tell("machines", differences(me, await machines.list_(tools.db)))

    async def leave(self) -> None:
        """Say that this process ends in order."""
        await machines.leave(self._running.tools.db, self._run)


def differences(me: Machine, known: Sequence[Machine]) -> list[str]:
    """Say in words which machines that live are not like this one."""
    words = []
    for other in known:
        if not other.alive or other.run == me.run:
            continue
        if other.version != me.version:
            words.append(f"{other.name}: it runs version {other.version}, this machine {me.version}")
        elif other.configuration != me.configuration:
            words.append(
                f"{other.name}: its configuration is another one than this machine's; "
                "newsletters, sources and senders must be the same everywhere"
            )
    return words


def fingerprint(settings: Settings) -> str:
    """Return a hash of what machines must have in common; no secret is in it."""
    return hashlib.sha256(settings.model_dump_json(include=_SHARED).encode()).hexdigest()[:16]
