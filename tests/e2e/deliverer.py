"""A process that delivers and can be killed: real engine, ledger and SMTP sender; it dies at a step that is named."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess

from digest.delivery import Hooks, MessageMaker, Policy, SenderRoute, Step, deliver
from digest.model import Edition, Message, Recipient
from digest.model.amounts import parse_rate
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database

_BODY = b"All the news that fits, and a line to fill the wire with.\r\n" * 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a process is to do: deliver everything on this ledger over that many connections."""

    url: str
    port: int
    connections: int = 5
    rate: str = ""
    lease: timedelta = timedelta(minutes=5)
    hold: bool = False
    die: Step | None = None
    die_after: int = 1  # at which visit of that step


def start(job: Job) -> ForkServerProcess:
    """Start a process for a job, from a server that has everything imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "aiosqlite", "sqlalchemy.dialects.sqlite.aiosqlite"])
    process = context.Process(target=_main, args=(job,), daemon=True)
    process.start()
    return process


def copies(edition: Edition) -> MessageMaker:
    def copy(recipient: Recipient) -> Message:
        name = f"{edition.name}.{recipient.reader_id}@news.example.org"
        head = f"From: daily@news.example.org\r\nTo: {recipient.address}\r\nMessage-ID: <{name}>\r\n\r\n"
        return Message(
            id=name,
            key=name,
            sender="daily@news.example.org",
            recipient=recipient.address,
            pieces=(head.encode() + _BODY,),
        )

    return copy


def _main(job: Job) -> None:
    asyncio.run(_deliver(job))


async def _deliver(job: Job) -> None:
    db = await Database.open(job.url)
    http = Http(user_agent="test")
    options = Options(host="127.0.0.1", port=job.port, security="none", connections=job.connections)
    sender = Sender(options, http)
    rates = (parse_rate(job.rate),) if job.rate else ()
    policy = Policy(lease=job.lease, hold={"daily"} if job.hold else ())
    hooks = Hooks(reached=Death(job.die, job.die_after)) if job.die else Hooks()
    await deliver(db, [SenderRoute("smtp", sender, rates)], copies, policy, hooks)
    await sender.close()
    await http.close()
    await db.close()


class Death:
    """Kills this process when it reaches a step of the ledger for the n-th time."""

    def __init__(self, step: Step, visits: int) -> None:
        self._step, self._visits = step, visits

    def __call__(self, step: Step) -> None:
        self._visits -= step is self._step
        if self._visits <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
