"""One at a time: a source is visited and an edition made by one process, and whoever else wants it waits for that."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from digest.app import open_tools
from digest.gathering import leasing
from digest.gathering.leasing import Held, alone, holding
from digest.model import EditionStatus
from digest.pipeline import publish
from digest.schedule.slots import Slot
from digest.settings import DatabaseSettings, FetchSettings, Newsletter, Settings
from digest.store.content import candidates, leases
from digest.store.db.database import Database
from digest.store.editions import editions
from digest.tools import Tools
from tests.helpers.ledger import add_readers
from tests.helpers.servers import Answer, Request, Server

FEED = "<rss><channel><title>News</title><item><title>{}</title><guid>{}</guid></item></channel></rss>"
SLOT = Slot(datetime(2026, 3, 2, 7, 0, tzinfo=UTC), "2026-03-02T07:00")
TAKE_AND_HANG = """
import asyncio, sys
from digest.gathering.leasing import holding
from digest.store.db.database import Database

async def main():
    db = await Database.open(sys.argv[1])
    async with holding(db) as held:
        print(await held.take(["visit:one"]), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def slow(server: Server) -> Server:
    """Three feeds; the second one takes its time."""
    for number, drip in ((1, 0.0), (2, 0.02), (3, 0.0)):
        body = FEED.format(f"Story {number}", number) + " " * (60 if drip else 0)
        server.routes[f"/{number}"] = Answer(body=body, drip=drip)
    return server


def configured(url: str, address: str, mark: Path, numbers: Sequence[int] = (1, 2, 3)) -> Settings:
    sources = [{"url": f"{address}{number}", "read_pages": False} for number in numbers]
    entry = {"name": "daily", "title": "Daily", "from": "d@news.example.org", "max_age": "900w"}
    section = {"title": "World", "sources": sources}
    return Settings(
        database=DatabaseSettings(url=url, mark=mark),
        fetch=FetchSettings(allow_private=True, host_pause=timedelta(0)),
        newsletters=(Newsletter.model_validate({**entry, "sections": [section]}),),
    )


@asynccontextmanager
async def machines(url: str, server: Server, folder: Path, n: int) -> AsyncIterator[list[Tools]]:
    settings = configured(url, server.url("/"), folder / "mark")
    async with open_tools(settings) as first:
        others = [open_tools(settings) for _ in range(n - 1)]
        opened = [first, *[await other.__aenter__() for other in others]]
        yield opened
        for other in others:
            await other.__aexit__(None, None, None)


async def taken_over(held: Held, name: str) -> str:
    """Wait until a lease has to be taken over."""
    [taken] = [one async for one in held.wait([name])]
    return taken


def visits(server: Server) -> Counter[str]:
    return Counter(request.path for request in server.requests)


async def test_a_source_is_visited_once_whoever_wants_it_at_the_same_time(
    db_url: str, slow: Server, tmp_path: Path
) -> None:
    async with machines(db_url, slow, tmp_path, 3) as opened:
        sources = opened[0].settings.newsletters[0].sources
        await asyncio.gather(
            *(publish.fetch(sources, tools, urgent=True) for tools in opened),
            publish.fetch(sources, opened[0], urgent=True),  # and twice in one process
        )
        assert visits(slow) == {"/1": 1, "/2": 1, "/3": 1}
        for tools in opened:
            newsletter = tools.settings.newsletters[0]
            found = await candidates.load(tools.db, newsletter, tools.clock())
            assert len(found) == 3, "and everybody has what it brought"
        await publish.fetch(sources, opened[1], urgent=True)
        assert visits(slow) == {"/1": 2, "/2": 2, "/3": 2}, "the next visit is another one"


def fetching(url: str, address: str, mark: Path, numbers: Sequence[int], told: Connection) -> None:
    """Fetch whenever we are told so, in a process of our own, and say when it is done."""

    async def fetch() -> None:
        async with open_tools(configured(url, address, mark, numbers)) as tools:
            told.send("ready")
            while await asyncio.to_thread(told.recv):
                await publish.fetch(tools.settings.newsletters[0].sources, tools, urgent=True)
                told.send("done")

    asyncio.run(fetch())


@pytest.mark.timeout(180)
async def test_processes_visit_many_slow_sources_once_in_each_round(
    db_url: str, server: Server, tmp_path: Path, soak: bool
) -> None:
    """In each round two processes want all of them at the same time, and this one twice."""
    number, rounds = (60, 12) if soak else (6, 1)
    chance = random.Random(number)

    def slowly(request: Request) -> Answer:
        name = request.path.strip("/")
        return Answer(body=FEED.format(f"Story {name}", name), delay=chance.uniform(1.0, 2.0))

    server.routes.update({f"/{one}": slowly for one in range(number)})
    settings = configured(db_url, server.url("/"), tmp_path / "mark", range(number))
    context = multiprocessing.get_context("forkserver")
    async with open_tools(settings) as tools:
        pipes = []
        for _ in range(2):
            here, there = context.Pipe()
            work = (db_url, server.url("/"), tmp_path / "mark", range(number), there)
            context.Process(target=fetching, args=work, daemon=True).start()
            pipes.append(here)
        assert [await asyncio.to_thread(pipe.recv) for pipe in pipes] == ["ready"] * 2
        sources = settings.newsletters[0].sources
        for round_ in range(1, rounds + 1):
            for pipe in pipes:
                pipe.send("go")
            await asyncio.gather(
                *(publish.fetch(sources, tools, urgent=True) for _ in range(2)),
                *(asyncio.to_thread(pipe.recv) for pipe in pipes),
            )
            assert visits(server) == {f"/{one}": round_ for one in range(number)}
        for pipe in pipes:
            pipe.send("")
        assert len(await candidates.load(tools.db, settings.newsletters[0], tools.clock())) == number
    print(f"\n{number} sources, {rounds} rounds, 3 processes: each visited once in each round")


async def test_nobody_waits_for_the_slowest_source_of_others(
    db_url: str, slow: Server, tmp_path: Path
) -> None:
    async with machines(db_url, slow, tmp_path, 2) as (one, other):
        sources = one.settings.newsletters[0].sources
        all_of_them = asyncio.create_task(publish.fetch(sources, one, urgent=True))
        while not slow.requests:
            await asyncio.sleep(0.01)
        await publish.fetch(
            [source for source in sources if not source.key.endswith("/2")], other, urgent=True
        )
        assert not all_of_them.done()
        assert (visits(slow)["/1"], visits(slow)["/3"]) == (1, 1)
        await all_of_them


async def test_an_edition_is_made_by_one_process_and_the_others_get_it(
    db_url: str, slow: Server, tmp_path: Path
) -> None:
    async with machines(db_url, slow, tmp_path, 3) as opened:
        await add_readers(opened[0].db, 2)
        newsletter = opened[0].settings.newsletters[0]
        made = await asyncio.gather(
            *(publish.make(newsletter, SLOT, tools, by_hand=True) for tools in (*opened, opened[0]))
        )
        assert sorted(new for _, new in made) == [False, False, False, True]
        assert {(edition.slot, edition.status) for edition, _ in made} == {(SLOT.text, EditionStatus.SENDING)}
        assert visits(slow) == {"/1": 1, "/2": 1, "/3": 1}
        assert len(await editions.list_(opened[0].db)) == 1


async def test_work_that_fails_or_is_cut_short_holds_nothing(db: Database) -> None:
    with pytest.raises(ValueError, match="a mistake"):
        async with alone(db, "it"):
            raise ValueError("a mistake")

    async def for_ever() -> None:
        async with alone(db, "it"):
            await asyncio.Event().wait()

    task = asyncio.create_task(for_ever())
    while not await leases.holders(db, ["it"]):
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await leases.holders(db, ["it"]) == {}


async def test_what_a_killed_process_held_is_taken_over_at_once(db_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TAKE_AND_HANG, db_url, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert b"visit:one" in await process.stdout.readline()
    db = await Database.open(db_url)
    async with holding(db) as held:
        assert await held.take(["visit:one", "visit:two"]) == {"visit:two"}
        waiting = asyncio.create_task(taken_over(held, "visit:one"))
        await asyncio.sleep(1)
        assert not waiting.done(), "it lives"
        process.kill()
        await process.wait()
        assert await asyncio.wait_for(waiting, 5) == "visit:one"
    assert await leases.holders(db, ["visit:one", "visit:two"]) == {}
    await db.close()


async def test_a_holder_of_another_machine_is_gone_when_it_shows_no_sign_of_life(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing, "GONE_AFTER_SECONDS", 0.6)
    monkeypatch.setattr(leasing, "POLL_SECONDS", 0.1)
    await leases.take(db, ["it"], "another-machine:1:1:abc")
    begun = asyncio.get_running_loop().time()
    async with holding(db) as held:
        waiting = asyncio.create_task(taken_over(held, "it"))
        for _ in range(4):
            await asyncio.sleep(0.3)
            await leases.beat(db, "another-machine:1:1:abc")
        assert not waiting.done(), "it lives"
        assert await waiting == "it"
    assert asyncio.get_running_loop().time() - begun > 1.5


async def test_a_holder_gives_signs_of_life(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leasing, "HEARTBEAT_SECONDS", 0.05)
    async with holding(db) as held:
        await held.take(["it"])
        await asyncio.sleep(0.5)
        assert (await leases.holders(db, ["it"]))["it"].beat >= 2
