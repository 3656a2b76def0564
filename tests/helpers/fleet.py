"""Several machines on one PostgreSQL: processes of `digest worker`, each on a wire of its own to the database."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.engine import make_url

from digest.store.db.database import Database
from digest.store.db.schema.shared import newsletter
from digest.store.jobs import overview
from tests.helpers.ledger import NOW, add_readers
from tests.helpers.proxy import Wire, wire_to
from tests.helpers.servers import Answer, Server
from tests.helpers.sink import Sink, listen

FEED = (
    "<rss><channel><title>News {n}</title><item><title>Harbour story {n}</title>"
    "<link>https://example.org/{n}</link><guid>{n}</guid></item></channel></rss>"
)
CONFIG = """
[site]
name = "The Post"
url = "https://post.example.org"
postal_address = "1 Main Street"

[database]
url = "{url}"
mark = "{mark}"

[fetch]
allow_private = true
interval = "{interval}"

[delivery]
lease = "6s"

[images]
measure = false

[[senders]]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 2
rate = "{rate}/s"

[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@post.example.org>"
schedule = "0 * * * *"
timezone = "UTC"
max_age = "9d"
max_lateness = "2h"

[[newsletters.sections]]
title = "World"
{sources}
"""
#: The program with shorter pauses: a machine that gives no sign of life for `silence` seconds counts as gone.
PROGRAM = """
from digest.store.jobs import queue
queue.HEARTBEAT_SECONDS, queue.STALLED_AFTER_SECONDS = 1.0, {silence}
import digest.gathering.leasing as leasing
leasing.HEARTBEAT_SECONDS, leasing.GONE_AFTER_SECONDS = 1.0, {silence}
import digest.service.queue.engine as engine
engine._LOOK_SECONDS = 1.0
import digest.store.db.postgres.lines as lines
lines.Line.patience = 2.0
import digest.timekeeping.ticker as ticker
ticker.MAX_SLEEP_SECONDS = 0.5
from digest.cli import main
main()
"""


class Member:
    """One machine of the fleet."""

    def __init__(
        self, folder: Path, number: int, config: str, wire: Wire, silence: float, *options: str
    ) -> None:
        self.wire, self.log = wire, folder / f"machine{number}.log"
        path = folder / f"machine{number}.toml"
        path.write_text(config, encoding="utf-8")
        environ = {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM.format(silence=silence), "--config", str(path), "worker", *options],
                cwd=folder, stdout=log, stderr=log, env=environ,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def close(self) -> None:
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        self.process.wait(10)


class Fleet:
    """Machines, the sources that they read, and the server that takes their mails."""

    def __init__(self, folder: Path, url: str, db: Database, server: Server, sink: Sink) -> None:
        self.folder, self.db, self.server, self.sink = folder, db, server, sink
        self.sources, self.interval, self.rate = 0, "2s", 60
        self.silence = 4.0  # seconds; short, so on a busy computer it happens by itself
        self.members: list[Member] = []
        self._url, self._stack = make_url(url), AsyncStack()

    def publish(self, sources: int, answer: Callable[[int], Answer] | None = None) -> None:
        """Serve so many sources."""
        self.sources = sources
        for n in range(sources):
            self.server.routes[f"/{n}"] = answer(n) if answer else Answer(body=FEED.format(n=n))

    async def add(self, *options: str, change: tuple[str, str] = ("", "")) -> Member:
        """Start one more machine."""
        wire = await self._stack.enter(self._wire())
        number = len(self.members)
        behind = self._url.set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable"})
        sources = "".join(
            f'[[newsletters.sections.sources]]\nurl = "{self.server.url(f"/{n}")}"\nread_pages = false\n'
            for n in range(self.sources)
        )
        config = CONFIG.format(
            url=behind.render_as_string(hide_password=False), port=self.sink.port, sources=sources,
            mark=self.folder / f"mark{number}", interval=self.interval, rate=self.rate,
        )  # fmt: skip
        self.members.append(
            Member(self.folder, number, config.replace(*change), wire, self.silence, *options)
        )
        return self.members[-1]

    def _wire(self) -> Any:
        url = self._url
        socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}" if "host" in url.query else ""
        return wire_to(url.port or 5432, path=socket)

    async def until(self, condition: Callable[[], Any], seconds: float = 120) -> None:
        """Wait until something holds; fails with what the machines said."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found = condition()
                    if await found if asyncio.iscoroutine(found) else found:
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            said = "\n".join(f"--- {one.log.name}\n{one.said[-3000:]}" for one in self.members)
            raise AssertionError(f"it does not come: {await overview.counts(self.db)}\n{said}") from None

    def visits(self) -> Counter[str]:
        """Count the visits to each source."""
        return Counter(self.server.paths())

    async def begin_round(self) -> None:
        """Let it be time for all sources to be visited."""
        async with self.db.begin() as conn:
            await conn.execute(text("UPDATE job_round SET begun_at = begun_at - interval '1 day'"))

    async def quiet(self) -> bool:
        """Tell whether no visit waits or is under way."""
        return not (await overview.counts(self.db)).get("fetch")

    async def in_doubt(self) -> int:
        """Count the readers whom an attempt without an answer may have reached."""
        async with self.db.connect() as conn:
            query = "SELECT count(*) FROM delivery WHERE doubted_at IS NOT NULL OR state = 'unknown'"
            return int(await conn.scalar(text(query)) or 0)

    async def editions(self) -> list[tuple[str, str]]:
        """Return (slot, status) of all editions."""
        async with self.db.connect() as conn:
            rows = await conn.execute(text("SELECT slot, status FROM edition ORDER BY id"))
            return [(row[0], row[1]) for row in rows]

    async def sent(self) -> bool:
        """Tell whether there is an edition and all are sent."""
        found = await self.editions()
        return bool(found) and all(status == "sent" for _, status in found)

    async def close(self) -> None:
        for member in self.members:
            member.close()
        await self._stack.close()


class AsyncStack:
    """Context managers that stay open until the end."""

    def __init__(self) -> None:
        self._open: list[Any] = []

    async def enter(self, manager: Any) -> Any:
        self._open.append(manager)
        return await manager.__aenter__()

    async def close(self) -> None:
        for manager in reversed(self._open):
            await manager.__aexit__(None, None, None)


@asynccontextmanager
async def fleet_on(folder: Path, url: str, server: Server, *, readers: int) -> AsyncIterator[Fleet]:
    """Give a fleet without machines, on a database with readers that has known its newsletter for long."""
    db = await Database.open(url)
    await add_readers(db, readers)
    async with db.begin() as conn:
        known = {"name": "daily", "known_since": NOW}
        await conn.execute(newsletter.insert().values(known))
        await conn.execute(update(newsletter).values(known_since=NOW))
    async with listen(Sink()) as sink:
        fleet = Fleet(folder, url, db, server, sink)
        try:
            yield fleet
        finally:
            await fleet.close()
            await db.close()
