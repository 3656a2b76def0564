"""What the service makes of slots: none from before it knew the newsletter, and none because a clock jumped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.app import open_tools
from digest.model import EditionStatus, Plan, State
from digest.model.amounts import parse_duration
from digest.pipeline import publish
from digest.schedule.slots import due_slot
from digest.service import in_process, service
from digest.service.jobs import work
from digest.service.jobs.clock_repair import mend_times
from digest.service.jobs.running import Running
from digest.settings import DatabaseSettings, Newsletter, SenderSettings, Settings
from digest.store.content import candidates
from digest.store.db.database import Database
from digest.store.db.schema.shared import newsletter as table
from digest.store.editions import editions, newsletters
from digest.timekeeping.judgement import PROOF_TIME
from digest.tools import Tools
from tests.helpers.ledger import add_readers

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


class Machine:
    """Clocks to be turned, and the service's tools on them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.now, self.off, self.ticks = SEVEN + 2 * HOUR, timedelta(0), 5000.0
        stories = folder / "stories"
        stories.mkdir()
        self.stories = stories
        self.publish("ferry", SEVEN - 2 * HOUR)
        source = {
            "kind": "folder",
            "path": str(stories),
            "base_url": "https://example.org/",
            "read_pages": False,
        }
        entry = {"name": "daily", "title": "The Daily", "from": "d@news.example.org", "schedule": "0 7 * * *"}
        section = {"title": "Harbour", "sources": [source]}
        self.settings = Settings(
            database=DatabaseSettings(url=url, mark=folder / "mark"),
            newsletters=(
                Newsletter.model_validate(
                    {**entry, "timezone": "UTC", "max_age": "9d", "sections": [section]}
                ),
            ),
        )

    def publish(self, name: str, at: datetime) -> None:
        """Write a story."""
        words = f"---\ntitle: The {name} is back\ndate: {at:%Y-%m-%d %H:%M:%S} +0000\n---\nIt goes.\n"
        (self.stories / f"{name}.md").write_text(words, encoding="utf-8")

    def allow(self, max_lateness: str) -> None:
        """Set how late an edition may be."""
        [entry] = self.settings.newsletters
        late = entry.model_copy(update={"max_lateness": parse_duration(max_lateness)})
        self.settings = self.settings.model_copy(update={"newsletters": (late,)})

    def wall(self) -> datetime:
        return self.now + self.off

    def go_on(self, span: timedelta) -> None:
        self.now += span
        self.ticks += span.total_seconds()

    @asynccontextmanager
    async def started(self) -> AsyncIterator[Tools]:
        async with open_tools(self.settings, clock=self.wall, ticks=lambda: self.ticks) as tools:
            yield tools

    async def minute(self, tools: Tools) -> list[tuple[str, str]]:
        """Do what the service does once a minute; returns the slots that have an edition, with its status."""
        await mend_times(tools)
        await in_process.make_due(Running(tools, asyncio.Event()), self.settings.newsletters[0])
        return [(one.slot[:10], one.status.value) for one in await editions.list_(tools.db)]


@pytest.fixture
async def machine(sqlite_url: str, tmp_path: Path) -> Machine:
    db = await Database.open(sqlite_url)
    await add_readers(db, 3)
    await db.close()
    return Machine(tmp_path, sqlite_url)


async def test_nothing_from_before_the_first_start_is_made_or_reported(machine: Machine) -> None:
    async with machine.started() as tools:
        assert await machine.minute(tools) == []
        machine.go_on(22 * HOUR)
        assert await machine.minute(tools) == [("2026-03-03", "sending")]


async def test_a_slot_that_was_missed_by_a_newsletter_that_was_known_is_caught_up(machine: Machine) -> None:
    machine.now = SEVEN - HOUR
    async with machine.started():
        pass  # any command, the evening before
    machine.go_on(2 * HOUR)
    async with machine.started() as tools:
        assert await machine.minute(tools) == [("2026-03-02", "sending")]


@pytest.mark.parametrize(("may_be_late", "started", "made"), [("12h", 2, 0), ("23h", 2, 1), ("23h", 23.5, 0)])
async def test_whoever_allows_most_of_a_day_gets_the_slot_before_the_first_start(
    machine: Machine, may_be_late: str, started: float, made: int
) -> None:
    machine.allow(may_be_late)
    machine.now = SEVEN + started * HOUR
    async with machine.started() as tools:
        assert len(await machine.minute(tools)) == made


async def test_by_hand_the_slot_now_is_made_however_new_the_newsletter_is(machine: Machine) -> None:
    async with machine.started() as tools:
        newsletter = machine.settings.newsletters[0]
        slot = due_slot(newsletter, tools.clock())
        assert slot
        made, new = await publish.make(newsletter, slot, tools, by_hand=True)
        assert (made.slot, new) == ("2026-03-02T07:00", True)


async def test_a_clock_a_day_ahead_makes_and_skips_nothing(machine: Machine) -> None:
    async with machine.started() as tools:
        machine.off = DAY
        assert await machine.minute(tools) == []
        machine.go_on(timedelta(seconds=15))
        machine.off = timedelta(0)
        assert await machine.minute(tools) == []
        machine.go_on(22 * HOUR)
        assert await machine.minute(tools) == [("2026-03-03", "sending")], "when its time has come"


async def test_a_time_that_has_proven_itself_is_gone_by(machine: Machine) -> None:
    async with machine.started() as tools:
        machine.off = DAY
        assert await machine.minute(tools) == []
        machine.go_on(PROOF_TIME)
        assert await machine.minute(tools) == [("2026-03-03", "sending")]


@pytest.mark.parametrize("off", [HOUR, DAY])
async def test_a_start_with_a_clock_ahead_and_put_right_misses_no_slot(
    machine: Machine, off: timedelta
) -> None:
    machine.off = off
    async with machine.started() as tools:
        await machine.minute(tools)
        machine.off = timedelta(0)
        await machine.minute(tools)
        machine.go_on(timedelta(minutes=2))
        await machine.minute(tools)
        machine.go_on(22 * HOUR)
        assert ("2026-03-03", "sending") in await machine.minute(tools)


async def test_a_slot_that_was_skipped_before_its_time_is_made_when_it_comes(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    async with machine.started() as tools:
        early = Plan(newsletter="daily", slot="2026-03-03T07:00", due=SEVEN + DAY, sections=())
        await editions.skip(tools.db, early, EditionStatus.SKIPPED_EMPTY, "nothing new", tools.clock())
        assert await machine.minute(tools) == []
        assert "daily-2026-03-03T0700 was skipped before its time had come" in caplog.text
        machine.go_on(22 * HOUR)
        assert await machine.minute(tools) == [("2026-03-03", "sending")]


async def test_a_newsletter_that_a_clock_ahead_has_noted_is_known_from_now_on(machine: Machine) -> None:
    async with machine.started() as tools:
        async with tools.db.begin() as conn:
            await conn.execute(update(table).values(known_since=SEVEN + 1100 * DAY))
        await machine.minute(tools)
        assert await newsletters.known_since(tools.db, "daily") == machine.now
        machine.go_on(22 * HOUR)
        assert await machine.minute(tools) == [("2026-03-03", "sending")]


async def test_nothing_is_thrown_away_while_the_clock_is_in_doubt(machine: Machine) -> None:
    async with machine.started() as tools:
        await publish.fetch(machine.settings.newsletters[0].sources, tools)
        machine.off = 1000 * DAY
        await tools.timekeeper.look()
        await work.tidy(Running(tools, asyncio.Event()), [{}])
        found = await candidates.load(tools.db, machine.settings.newsletters[0], tools.clock())
        assert [one.has_body for one in found] == [True]


async def test_a_machine_that_only_delivers_keeps_the_time_too(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would go on by its first belief after the clock was set for good."""
    monkeypatch.setattr("digest.timekeeping.ticker.MAX_SLEEP_SECONDS", 0.05)
    monkeypatch.setattr("digest.service.in_process.MAX_SLEEP_SECONDS", 0.05)
    async with machine.started() as tools:
        stop = asyncio.Event()
        delivering = asyncio.create_task(in_process.deliver_until(Running(tools, stop)))
        machine.off = -DAY
        async with asyncio.timeout(20):
            while not tools.timekeeper.doubt:
                await asyncio.sleep(0.05)
            machine.go_on(PROOF_TIME)
            while tools.timekeeper.doubt:
                await asyncio.sleep(0.05)
        assert tools.clock() == machine.wall()
        stop.set()
        await delivering


@pytest.mark.parametrize("jump", [-HOUR, -DAY, 1100 * DAY])
async def test_the_running_service_goes_on_after_its_clock_was_set(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    """Every minute is looked at again: none is waited for by the clock that was set, and none made up for."""
    monkeypatch.setattr("digest.timekeeping.ticker.MAX_SLEEP_SECONDS", 0.05)
    monkeypatch.setattr("digest.service.in_process.MAX_SLEEP_SECONDS", 0.05)
    monkeypatch.setattr("digest.service.in_process.CLOCK_REPAIR_SECONDS", 0.05)
    [entry] = machine.settings.newsletters
    often = entry.model_copy(update={"schedule": "* * * * *", "min_articles": 0})
    machine.settings = machine.settings.model_copy(update={"newsletters": (often,), "senders": ()})
    async with machine.started() as tools:
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(tools, stop))

        async def made(n: int) -> list[str]:
            """Wait until there are so many editions; returns their slots."""
            async with asyncio.timeout(20):
                while len(found := await editions.list_(tools.db)) < n:
                    await asyncio.sleep(0.05)
            return sorted(one.slot for one in found)

        machine.go_on(timedelta(minutes=1))
        assert await made(1) == ["2026-03-02T09:01"]
        machine.off = jump

        async def until(doubted: bool) -> None:
            async with asyncio.timeout(20):
                while bool(tools.timekeeper.doubt) is not doubted:
                    await asyncio.sleep(0.05)

        await until(doubted=True)
        machine.go_on(PROOF_TIME)
        await until(doubted=False)
        await asyncio.sleep(0.5)
        machine.go_on(timedelta(minutes=1))
        slots = await made(2)
        last = [machine.now + jump, machine.now + jump - timedelta(minutes=1)]
        assert {f"{moment:%Y-%m-%dT%H:%M}" for moment in last} & set(slots)
        assert len(slots) <= 3, "and not one for each minute between"
        stop.set()
        await running


@pytest.mark.timeout(180)
async def test_a_clock_that_jumps_while_an_edition_goes_out_costs_nobody_anything(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, soak: bool
) -> None:
    """Again and again: no reader is given up, no slot used up or skipped; the next day's is made when it comes."""
    for where in (
        "timekeeping.ticker.MAX_SLEEP_SECONDS",
        "service.in_process.MAX_SLEEP_SECONDS",
        "service.in_process.CLOCK_REPAIR_SECONDS",
    ):
        monkeypatch.setattr(f"digest.{where}", 0.05)
    chance = random.Random(20260302)
    jumps = chance.choices([HOUR, DAY, -HOUR, -DAY, 1100 * DAY, -1100 * DAY], k=30) if soak else [DAY]
    readers = 40 * len(jumps)
    outbox = {"kind": "eml", "folder": str(tmp_path / "outbox"), "rate": ["50/s"]}
    senders = (SenderSettings.model_validate(outbox),)
    machine.settings = machine.settings.model_copy(update={"senders": senders})
    machine.now = SEVEN - HOUR
    async with machine.started() as tools:
        await add_readers(tools.db, readers - 3, start=4)
    machine.go_on(2 * HOUR)

    async with machine.started() as tools:

        async def until(condition: Callable[[], object]) -> None:
            async with asyncio.timeout(60):
                while not condition():
                    await asyncio.sleep(0.02)

        def mailed() -> int:
            return len(list((tmp_path / "outbox").glob("*.eml")))

        async def slots() -> list[tuple[str, str]]:
            return [(one.slot[:10], one.status.value) for one in await editions.list_(tools.db)]

        stop = asyncio.Event()
        running = asyncio.create_task(service.run(tools, stop))
        await until(mailed)
        for jump in jumps:
            assert await slots() == [("2026-03-02", "sending")]
            machine.off = jump
            await until(lambda: tools.timekeeper.doubt)
            before = mailed()
            machine.go_on(timedelta(seconds=20))
            await until(lambda before=before: mailed() > before)  # type: ignore[misc]
            assert await slots() == [("2026-03-02", "sending")], "mails go on, and nothing else happens"
            machine.off = timedelta(0)
            await until(lambda: not tools.timekeeper.doubt)
        await until(lambda: mailed() == readers)
        [first] = await editions.list_(tools.db)
        machine.publish("tram", SEVEN + 20 * HOUR)
        machine.go_on(23 * HOUR)
        async with asyncio.timeout(60):
            while set(await slots()) != {("2026-03-02", "sent"), ("2026-03-03", "sent")}:
                await asyncio.sleep(0.1)
        stop.set()
        await running
        assert (await editions.tally(tools.db, first.id))[State.SENT] == readers
    assert mailed() == 2 * readers
    print(f"\n{len(jumps)} jumps, {readers} readers: two editions to all of them, and no slot more or less")
