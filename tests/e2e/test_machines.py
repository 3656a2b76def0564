"""Machines on one PostgreSQL share what there is to do: each thing is done once, whichever of them dies meanwhile."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.store.jobs import overview
from tests.helpers.fleet import Fleet, fleet_on
from tests.helpers.servers import Server

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(170)]


async def quiet(fleet: Fleet) -> bool:
    """Tell whether no visit waits or is under way."""
    return not (await overview.counts(fleet.db)).get("fetch")


async def check_mails(fleet: Fleet, readers: int) -> dict[str, int]:
    """Everybody has it, and twice only who is listed as in doubt."""
    got = Counter(fleet.sink.recipients)
    found = {
        "lost": readers - len(got),
        "twice": sum(count - 1 for count in got.values()),
        "in doubt": await fleet.in_doubt(),
    }
    assert found["lost"] == 0
    assert found["twice"] <= found["in doubt"]
    assert len(await fleet.editions()) == 1, "one slot was due, and is made once"
    return found


async def test_machines_share_visits_making_and_delivery(
    postgres_url: str, server: Server, tmp_path: Path
) -> None:
    async with fleet_on(tmp_path, postgres_url, server, readers=400) as fleet:
        fleet.publish(20)
        for _ in range(3):
            await fleet.add()
        await fleet.until(fleet.sent)
        assert await check_mails(fleet, 400) == {"lost": 0, "twice": 0, "in doubt": 0}
        await fleet.until(lambda: min(fleet.visits().values()) >= 4)
        for member in fleet.members:
            member.signal(signal.SIGTERM)
        for member in fleet.members:
            assert await asyncio.to_thread(member.process.wait, 30) == 0, member.said
            assert "Traceback" not in member.said
        print(fleet.visits())


Fault = Callable[[Fleet], None]


def kill(fleet: Fleet) -> None:
    fleet.members[0].signal(signal.SIGKILL)


def stop_for_long(fleet: Fleet) -> None:
    """Stop a machine until others have taken it for gone."""
    fleet.members[0].signal(signal.SIGSTOP)
    asyncio.get_running_loop().call_later(9, fleet.members[0].signal, signal.SIGCONT)


def cut(fleet: Fleet) -> None:
    """Cut a machine's way to the database until others have taken it for gone."""
    fleet.members[0].wire.cut()
    asyncio.get_running_loop().call_later(9, fleet.members[0].wire.heal)


def lose_packets(fleet: Fleet) -> None:
    """Let nothing through between a machine and the database until others have taken it for gone."""
    fleet.members[0].wire.hold()
    asyncio.get_running_loop().call_later(9, fleet.members[0].wire.heal)


@pytest.mark.parametrize("fault", [kill, stop_for_long, cut, lose_packets])
async def test_a_machine_that_is_gone_or_only_seems_so(
    postgres_url: str, server: Server, tmp_path: Path, fault: Fault
) -> None:
    """Its jobs are done by others; when it comes back it writes over nobody, and works on."""
    async with fleet_on(tmp_path, postgres_url, server, readers=900) as fleet:
        fleet.publish(12)
        for _ in range(2):
            await fleet.add()
        await fleet.until(lambda: fleet.sink.count > 150)
        fault(fleet)
        await fleet.until(fleet.sent)
        found = await check_mails(fleet, 900)
        before = fleet.visits()
        await fleet.until(lambda: all(fleet.visits()[path] >= before[path] + 2 for path in before))
        await asyncio.sleep(1)
        failed = await overview.list_(fleet.db, state="failed")
        assert not failed
        assert not any("Traceback" in member.said for member in fleet.members)
        print(fault.__name__, found, sorted(fleet.visits().values()))
