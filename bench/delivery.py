"""How fast an edition leaves, and what it costs: the real engine, ledger and SMTP sender into sinks on this machine.

Beside it, in the same run, smtp-source of Postfix (a C program that sends the same bytes again and again, without a
ledger and without personal copies) into the same smtp-sink. Both come with Debian's package `postfix`; where they are
missing only our own sink is measured.

    python bench/delivery.py [--readers 10000] [--connections 20] [--rounds 3] [--uvloop]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import text

from digest.clock import utc_now
from digest.delivery import MessageMaker, Outlet, deliver
from digest.http import Http
from digest.marks import MARKS
from digest.message import Letterhead, Skeleton
from digest.model import Edition, EditionStatus, Mail, Plan, Recipient, State
from digest.readers.links import Links
from digest.senders.smtp import Options, Sender
from digest.store import editions
from digest.store.database import Database
from tests.helpers.sink import Sink, listen

SMTP_SINK, SMTP_SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"

_READERS = """
    INSERT INTO reader (id, address, key, name, created_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})
    SELECT i, 'reader.' || i || '@example.org', 'reader.' || i || '@example.org', 'Reader ' || i,
           '2026-01-01 00:00:00.000000'
    FROM n
"""
_SUBSCRIPTIONS = """
    INSERT INTO subscription (id, reader_id, newsletter, status, since, consent)
    SELECT id, id, 'daily', 'confirmed', '2026-01-01 00:00:00.000000', '{}' FROM reader
"""


def a_mail() -> Mail:
    """Return a mail of 45 kB HTML and 6 kB text with its personal links, of the kind that our themes make."""
    story = (
        '<tr><td style="padding:0 24px 16px;font-family:Georgia,serif;font-size:16px;line-height:1.5;color:#222222">'
        '<a href="https://news.example.org/2026/03/02/harbour-{i}" style="color:#111111;text-decoration:none">'
        "<b>The harbour café reopens after {i} years – and the town turns out</b></a><br>"
        "Volunteers restored the pier over two winters; the council’s grant covered half. By Ada Bråten.</td></tr>\n"
    )
    foot = "".join(
        f'<a href="{MARKS[name]}">{name}</a> '
        for name in ("unsubscribe_url", "browser_url", "preferences_url")
    )
    page = "".join(story.format(i=i) for i in range(105))
    lines = "".join(
        f"* The harbour café reopens after {i} years\n  https://news.example.org/{i}\n" for i in range(80)
    )
    return Mail(
        subject="The harbour café reopens",
        preheader="And the town turns out",
        html=f"<html><body><table>{page}</table><p>For {MARKS['address']}: {foot}</p></body></html>",
        text=f"{lines}\nFor {MARKS['address']}: {MARKS['unsubscribe_url']}\n",
    )


_SAMPLE = Edition(
    id=1,
    name="daily-2026-03-02T0700",
    newsletter="daily",
    slot="2026-03-02T07:00",
    status=EditionStatus.SENDING,
    reason="",
    opened_at=datetime(2026, 3, 2, 6, tzinfo=UTC),
    deadline=None,
    mail=a_mail(),
)
_ANYBODY = Recipient(reader_id=1, subscription_id=1, address="reader.1@example.org", name="Reader 1")


def copies(edition: Edition) -> MessageMaker:
    assert edition.mail is not None
    head = Letterhead(sender="The Daily <daily@news.example.org>", list_name="daily", list_title="The Daily")
    skeleton = Skeleton(edition.mail, head, edition=edition.name, date=edition.opened_at)
    links = Links("https://news.example.org", b"k" * 32)
    return lambda recipient: skeleton.message(recipient, links.values(recipient, edition.name))


async def measure(port: int, readers: int, connections: int, folder: Path) -> dict[str, float]:
    """Deliver an edition to `readers` new readers and return what it took."""
    db = await Database.open(f"sqlite:///{folder / 'digest.db'}")
    async with db.begin() as conn:
        await conn.execute(text(_READERS.format(n=readers)))
        await conn.execute(text(_SUBSCRIPTIONS))
    now = utc_now()
    plan = Plan(newsletter="daily", slot=f"{now:%Y-%m-%dT%H:%M}", due=now, sections=())
    begun = time.perf_counter()
    edition = await editions.open(db, plan, a_mail(), now, deadline=now + timedelta(days=1))
    opened = time.perf_counter()
    assert edition is not None
    http = Http(user_agent="bench")
    sender = Sender(Options(host="127.0.0.1", port=port, security="none", connections=connections), http)
    cpu = time.process_time()
    report = await deliver(db, [Outlet("smtp", sender)], copies, clock=utc_now)
    seconds = time.perf_counter() - opened
    cpu = time.process_time() - cpu
    tally = await editions.tally(db, edition.id)
    assert tally[State.SENT] == readers, (tally, report)
    await sender.close()
    await http.close()
    await db.close()
    return {
        "open_seconds": opened - begun,
        "per_second": readers / seconds,
        "cpu_us": cpu / readers * 1e6,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def child(args: argparse.Namespace) -> None:
    """Measure in a process of its own, so that its memory and time are nobody else's."""
    loop_factory = None
    if args.uvloop:
        import uvloop

        loop_factory = uvloop.new_event_loop
    with tempfile.TemporaryDirectory() as folder:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            print(json.dumps(runner.run(measure(args.child, args.readers, args.connections, Path(folder)))))


def ours(args: argparse.Namespace, port: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", str(port), "--readers", str(args.readers)]
    command += ["--connections", str(args.connections), *(["--uvloop"] if args.uvloop else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def smtp_source(args: argparse.Namespace, port: int, size: int) -> dict[str, float]:
    """Return how many messages a second smtp-source sends, and the CPU time of each."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [SMTP_SOURCE, "-d", "-s", str(args.connections), "-m", str(args.readers), "-l", str(size)]
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"per_second": args.readers / seconds, "cpu_us": cpu / args.readers * 1e6}


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    process = subprocess.Popen([SMTP_SINK, *as_nobody, f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def _serve(pipe: Connection) -> None:
    async def serve() -> None:
        async with listen(Sink(keep=False)) as sink:
            pipe.send(sink.port)
            await asyncio.Event().wait()

    asyncio.run(serve())


@contextlib.contextmanager
def python_sink() -> Iterator[int]:
    """Run our own sink in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def show(what: str, results: list[dict[str, float]]) -> None:
    """Print the medians of some rounds."""
    median = {key: statistics.median(result[key] for result in results) for key in results[0]}
    line = f"{what:30} {median['per_second']:8,.0f} messages/s   {median['cpu_us']:5.0f} us CPU/message"
    if "rss_mb" in median:
        line += f"   {median['rss_mb']:4.0f} MB   opened in {median['open_seconds']:.2f} s"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args)
        return
    size = len(copies(_SAMPLE)(_ANYBODY).data)
    print(
        f"{args.readers:,} readers, {args.connections} connections, {size:,} bytes a message, ledger synchronous=FULL"
    )
    with python_sink() as port:
        show("deliver -> sink of the tests", [ours(args, port) for _ in range(args.rounds)])
    if not (shutil.which(SMTP_SINK) and shutil.which(SMTP_SOURCE)):
        print("smtp-source and smtp-sink are not here: install Debian's package postfix to compare with them")
        return
    mine, theirs = [], []
    with smtp_sink() as port:
        for _ in range(args.rounds):
            theirs.append(smtp_source(args, port, size))
            mine.append(ours(args, port))
    show("smtp-source -> smtp-sink", theirs)
    show("deliver -> smtp-sink", mine)
    pairs = zip(mine, theirs, strict=True)
    ratio = statistics.median(our["per_second"] / their["per_second"] for our, their in pairs)
    print(f"{'ratio (median of the rounds)':30} {ratio:8.2f}")


if __name__ == "__main__":
    main()
