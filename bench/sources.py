"""Sources under load: feeds of 30 articles from loopback, fetched, parsed, stored and selected; then again, unchanged.

The feeds are served by a process of their own. The event loop's delay is how late a task that sleeps for 5 ms wakes up:
what a reader's page would wait for on top of its own work. `sources.py 500` measures that many sources only.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from digest import gc_tuning, selection
from digest.gathering.visits import Visit, collect
from digest.net.http import Http
from digest.schedule.slots import latest_slot
from digest.service import service
from digest.settings import Newsletter, SourceSettings
from digest.sources.isolation import parser_process
from digest.store.content import candidates, sources
from digest.store.db.database import Database

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
ENTRIES = 30
SIZES = (25, 50, 500)


# --- the newsrooms' side -------------------------------------------------------------------------------------


_PARAGRAPH = """<p>Nobody had expected the vote to be this close, and <a href="https://example.org/votes">the
record</a> shows why. Nobody had expected the vote to be this close, and nobody was there to see it happen.</p>"""
_ITEM = f"""<item><title>Story {{n}} of newsroom {{source}}: council &amp;amp; country</title>
<link>/2026/03/{{n}}?utm_source=rss</link><guid isPermaLink="false">{{source}}-{{n}}</guid>
<dc:creator>Reporter {{n}}</dc:creator><category>Local</category><category>Budget</category><pubDate>{{date}}</pubDate>
<description>&lt;p&gt;What happened, to whom, and why it matters: number {{n}}.&lt;/p&gt;</description>
<content:encoded><![CDATA[<figure><img src="/{{n}}.jpg" alt="A hall"></figure>{_PARAGRAPH * 10}]]></content:encoded>
<media:content url="/{{n}}.jpg" medium="image" width="1200"><media:credit>Photographer</media:credit></media:content>
</item>"""
_FEED = """<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Newsroom {source}</title>
<link>https://n{source}.example/</link>{items}</channel></rss>"""


def document(source: int) -> bytes:
    """Return an RSS feed as a content management system writes it: 3 kB for each article, full text included."""
    dates = (f"{NOW - timedelta(minutes=20 * n):%a, %d %b %Y %H:%M:%S} GMT" for n in range(ENTRIES))
    items = "".join(_ITEM.format(source=source, n=n, date=date) for n, date in enumerate(dates))
    return _FEED.format(source=source, items=items).encode()


async def serve() -> None:
    """Serve /NUMBER for every number, with an ETag, and print the port."""
    documents: dict[str, bytes] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1].decode()
            if b"if-none-match" in head.lower():
                writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
            else:
                body = documents.setdefault(path, b"") or documents.setdefault(
                    f"{path}!", document(int(path[1:]))
                )
                writer.write(
                    b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n%b' % (len(body), body)
                )
            await writer.drain()

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- our side ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Loop:
    """How late the event loop was, in seconds."""

    delays: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        delays = sorted(self.delays) or [0.0]
        most = delays[-1 - len(delays) // 100]
        return f"loop late by {most * 1000:.0f} ms (99 %), {delays[-1] * 1000:.0f} ms at most"


@asynccontextmanager
async def watched(words: str) -> AsyncIterator[None]:
    """Print how long the work took, its CPU time, and how late the loop was meanwhile."""
    loop, started, used = Loop(), perf_counter(), process_time()
    watching = asyncio.create_task(_watch(loop))
    yield
    took, used = perf_counter() - started, process_time() - used
    await asyncio.sleep(0.01)  # or it could not tell how late it was at last
    watching.cancel()
    print(
        f"  {words:<42} {took:6.2f} s  ({used:.2f} s CPU), {loop}",
        flush=True,
    )


async def _watch(loop: Loop) -> None:
    while True:
        started = perf_counter()
        await asyncio.sleep(0.005)
        loop.delays.append(perf_counter() - started - 0.005)


def _memory() -> str:
    """Tell the peak memory of this process and of the one that reads, where that runs."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    reader = parser_process._READER._process
    if reader is None:
        return f"{own} MB"
    status = Path(f"/proc/{reader.pid}/status").read_text()
    other = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    return f"{own} MB + {other} MB where sources are read"


def newsletter(count: int, port: int) -> Newsletter:
    feeds = [{"kind": "feed", "url": f"http://127.0.0.1:{port}/{number}"} for number in range(count)]
    return Newsletter.model_validate(
        {
            "name": "daily",
            "title": "Daily",
            "from": "a@example.org",
            "sections": [{"title": "All", "sources": feeds}],
        }
    )


async def visit(db: Database, feeds: tuple[SourceSettings, ...], http: Http, now: datetime) -> list[Visit]:
    return await collect(feeds, await sources.states(db, [feed.key for feed in feeds]), http, now)


async def measure(count: int, port: int, folder: Path) -> None:
    print(f"{count} sources, {count * ENTRIES:,} articles")
    letter = newsletter(count, port)
    db = await Database.open(f"sqlite:///{folder / f'{count}.db'}", upgrade=True)
    http = Http(user_agent="bench", allow_private=True)
    async with watched("nothing, for comparison"):
        await asyncio.sleep(1)
    begun = perf_counter()
    async with watched("fetch and parse"):
        visits = await visit(db, letter.sources, http, NOW)
    brought = sum(len(visit.fetched.articles) for visit in visits if visit.fetched)
    assert brought == count * ENTRIES, [visit.error for visit in visits if visit.error][:3]
    async with watched("store"):
        await sources.record(db, visits, NOW)
    del visits
    async with watched("select"):
        slot = latest_slot(letter.schedule, letter.timezone, NOW + timedelta(hours=2))
        assert slot is not None
        found = await candidates.load(db, letter, NOW)
        plan = await asyncio.to_thread(selection.select, found, letter, slot=slot, now=NOW)
    print(f"  {'all of it':<42} {perf_counter() - begun:6.2f} s  ({len(plan.chosen)} articles chosen)")
    async with watched("again, nothing changed: fetch and store"):
        visits = await visit(db, letter.sources, http, NOW + timedelta(hours=1))
        assert all(visit.fetched and visit.fetched.not_modified for visit in visits)
        await sources.record(db, visits, NOW + timedelta(hours=1))
    await http.close()
    await db.close()
    print(f"  peak memory {_memory()}", flush=True)


async def main(sizes: tuple[int, ...]) -> None:
    sys.setswitchinterval(service.THREAD_SWITCH_SECONDS)  # as `digest run` does
    gc_tuning.raise_gc_threshold()
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            with tempfile.TemporaryDirectory() as folder:
                for size in sizes:
                    await measure(size, port, Path(folder))
        finally:
            server.terminate()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        asyncio.run(main(tuple(map(int, sys.argv[1:])) or SIZES))
