"""A process that delivers and can be killed: real engine, ledger and SMTP sender, and places where it kills itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any

from digest.clock import utc_now
from digest.delivery import MessageMaker, SenderRoute, deliver, ledger_sync
from digest.delivery.queue import claimed
from digest.model import Edition, Message, Recipient
from digest.model.amounts import parse_rate
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.ledger import attempts, claims

#: Where in the ledger's work a process can be told to die; the phases of SMTP are the sink's to choose.
LEDGER_POINTS = (
    "claimed, not committed",
    "claimed and committed",
    "marked, not committed",
    "marked and committed, nothing sent",
    "recorded, not committed",
    "recorded and committed",
)

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
    die: str = ""  # one of LEDGER_POINTS
    die_after: int = 1  # at which visit of that point


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
    if job.die:
        _prepare_to_die(job.die, job.die_after)
    asyncio.run(_deliver(job))


async def _deliver(job: Job) -> None:
    db = await Database.open(job.url)
    http = Http(user_agent="test")
    options = Options(host="127.0.0.1", port=job.port, security="none", connections=job.connections)
    sender = Sender(options, http)
    rates = (parse_rate(job.rate),) if job.rate else ()
    await deliver(
        db,
        [SenderRoute("smtp", sender, rates)],
        copies,
        clock=utc_now,
        lease=job.lease,
        hold={"daily"} if job.hold else (),
    )
    await sender.close()
    await http.close()
    await db.close()


def _prepare_to_die(point: str, after: int) -> None:
    """Make this process kill itself when it comes to a point for the n-th time."""
    visits = 0

    def visit() -> None:
        nonlocal visits
        visits += 1
        if visits >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    def at_the_end_of(call: Callable[..., Awaitable[Any]], matters: Callable[[Any, Any], bool]) -> Any:
        async def wrapped(*args: Any, **options: Any) -> Any:
            result = await call(*args, **options)
            if matters(args, result):
                visit()
            return result

        return wrapped

    def at_the_beginning_of(call: Callable[..., Any], matters: Callable[[Any], bool]) -> Any:
        def wrapped(*args: Any, **options: Any) -> Any:
            if matters(args):
                visit()
            return call(*args, **options)

        return wrapped

    def before_commit(*statements: Callable[[str], Any]) -> None:
        async def carry_out(self: Database, changes: Sequence[Change]) -> list[int]:
            async with self.begin() as conn:
                counts = [await change.on(conn) for change in changes]
                these = [statement(self.dialect) for statement in statements]
                if any(change.statement is one for change in changes for one in these):
                    visit()
            return counts

        books: Any = Database
        books.carry_out = carry_out

    syncing: Any = ledger_sync.LedgerSync
    ledger: Any = claims
    match point:
        case "claimed, not committed":
            ledger.claim = at_the_end_of(claims.claim, lambda _, result: bool(result[0]))
        case "marked, not committed":
            before_commit(claims._mark)
        case "recorded, not committed":
            before_commit(attempts._record, attempts._record_sent)
        case "marked and committed, nothing sent":
            syncing._hand_out = at_the_beginning_of(syncing._hand_out, lambda args: bool(args[2]))
        case "recorded and committed":
            syncing._count = at_the_beginning_of(syncing._count, lambda args: bool(args[1]))
        case "claimed and committed":
            ahead: Any = claimed.Claimed
            ahead._claim = at_the_end_of(ahead._claim, lambda *_: True)
        case _:
            raise ValueError(point)
