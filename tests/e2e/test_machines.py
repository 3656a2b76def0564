"""Machines on one PostgreSQL share what there is to do: each thing is done once, whichever of them dies meanwhile."""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from digest.store.jobs import overview
from tests.helpers.fleet import Fleet, Member, fleet_on
from tests.helpers.servers import Server

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(400)]

#: Longer than a machine may be silent before the others do its jobs (see `tests.helpers.fleet`).
LONG_SECONDS = 6.0

Fault: TypeAlias = Callable[[Member], None]


def kill(member: Member) -> None:
    member.signal(signal.SIGKILL)


def stop_for_long(member: Member) -> None:
    """Stop a machine until others have taken it for gone."""
    member.signal(signal.SIGSTOP)
    asyncio.get_running_loop().call_later(LONG_SECONDS, member.signal, signal.SIGCONT)


def cut(member: Member) -> None:
    """Cut a machine's way to the database until others have taken it for gone."""
    member.wire.cut()
    asyncio.get_running_loop().call_later(LONG_SECONDS, member.wire.heal)


def lose_packets(member: Member) -> None:
    """Let nothing through between a machine and the database until others have taken it for gone."""
    member.wire.hold()
    asyncio.get_running_loop().call_later(LONG_SECONDS, member.wire.heal)


async def check(fleet: Fleet, readers: int) -> dict[str, int]:
    """Everybody has the mail, and twice only who is listed as in doubt; one edition; no job failed or is left."""
    got = Counter(fleet.sink.recipients)
    found = {
        "lost": readers - len(got),
        "twice": sum(count - 1 for count in got.values()),
        "in doubt": await fleet.in_doubt(),
    }
    assert found["lost"] == 0
    assert found["twice"] <= found["in doubt"]
    assert len(await fleet.editions()) == 1, "one slot was due, and is made once"
    assert not await overview.list_(fleet.db, state="failed")
    for member in fleet.members:
        assert "Traceback" not in member.said, member.said
    return found


def visited(fleet: Fleet, times: int) -> bool:
    return min(fleet.visits().values()) >= times


async def ended(fleet: Fleet) -> None:
    """End all machines in order."""
    for member in fleet.members:
        member.signal(signal.SIGTERM)
    for member in fleet.members:
        code = await asyncio.to_thread(member.process.wait, 60)
        if code == 1:  # it was started while there was no database, and left that to whoever starts it
            assert "ready:" not in member.said, member.said
            assert re.search("cannot be reached|no connection left|shut down, or is starting", member.said)
        else:
            # Told a second time while Python itself ends, it dies of it: its work is done by then.
            over = code == -signal.SIGTERM and "stopped;" in member.said
            assert over or code in (0, -signal.SIGKILL), member.said


async def test_machines_share_visits_making_and_delivery(
    postgres_url: str, server: Server, tmp_path: Path
) -> None:
    async with fleet_on(tmp_path, postgres_url, server, readers=200) as fleet:
        fleet.publish(30)
        fleet.interval, fleet.silence = "1h", 60.0
        for _ in range(3):
            await fleet.add()
        stranger = await fleet.add("--queues", "fetch", change=('title = "The Daily"', 'title = "Other"'))
        await fleet.until(fleet.sent)
        assert set(fleet.visits().values()) == {1}, "before the edition was made"
        for times in (2, 3, 4):
            await fleet.begin_round()
            await fleet.until(partial(visited, fleet, times))
            if times == 4:
                fleet.members[0].signal(signal.SIGTERM)
            await fleet.until(fleet.quiet)
            assert set(fleet.visits().values()) == {times}, "each source once in each round"
        await ended(fleet)
        assert await check(fleet, 200) == {"lost": 0, "twice": 0, "in doubt": 0}
        assert "its configuration is another one" in stranger.said


async def test_machines_die_stand_still_and_are_cut_off(
    postgres_url: str,
    server: Server,
    tmp_path: Path,
    crash_postgres: Callable[[], None] | None,
) -> None:
    """One of each, all at once, and then the database crashes: the others do it, and who comes back works on."""
    async with fleet_on(tmp_path, postgres_url, server, readers=900) as fleet:
        fleet.publish(12)
        for _ in range(4):
            await fleet.add()
        await fleet.until(lambda: fleet.sink.count > 100)
        for fault, member in zip((kill, stop_for_long, cut), fleet.members, strict=False):
            fault(member)
        await fleet.until(lambda: "others do its jobs" in fleet.members[2].said)
        if crash_postgres:
            await asyncio.to_thread(crash_postgres)
        await fleet.until(fleet.sent)
        before = fleet.visits()
        await fleet.until(lambda: all(fleet.visits()[path] >= before[path] + 2 for path in before))
        await fleet.until(lambda: "others do its jobs" in fleet.members[1].said)
        await ended(fleet)
        print("\n", await check(fleet, 900), sorted(fleet.visits().values()))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("size", [2, 4])
async def test_a_long_storm(
    postgres_url: str,
    server: Server,
    tmp_path: Path,
    crash_postgres: Callable[[], None] | None,
    soak: bool,
    size: int,
) -> None:
    """Fault after fault, each on a machine chosen at random, until an edition is out; dead machines are replaced."""
    if not soak:
        pytest.skip("a long proof: pytest --soak")
    readers, faults = 3000, Counter[str]()
    chance = random.Random(size)
    async with fleet_on(tmp_path, postgres_url, server, readers=readers) as fleet:
        fleet.publish(40)
        fleet.rate = 60 // size * 2
        for _ in range(size):
            await fleet.add()
        await fleet.until(lambda: fleet.sink.count > 50)
        while not await fleet.sent():
            fault = chance.choice([kill, stop_for_long, cut, lose_packets, None])
            living = [member for member in fleet.members if member.process.poll() is None]
            if fault:
                fault(chance.choice(living))
                faults[fault.__name__] += 1
            elif crash_postgres:
                await asyncio.to_thread(crash_postgres)
                faults["database crashed"] += 1
            if fault is kill:
                await fleet.add()
            await asyncio.sleep(chance.uniform(2, 8))
        before = fleet.visits()
        await asyncio.sleep(LONG_SECONDS)
        await fleet.until(lambda: all(fleet.visits()[path] >= before[path] + 2 for path in before))
        await fleet.until(fleet.sent)
        await ended(fleet)
        visits = sorted(fleet.visits().values())
        found = await check(fleet, readers)
        print(f"\n{size} machines: {dict(faults)}: {found}; visits a source {visits[0]} to {visits[-1]}")
