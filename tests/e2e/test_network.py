"""The network is cut and mended: between us and the mail server, and between us and the database."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeAlias

import pytest
from sqlalchemy.engine import make_url

from digest.clock import utc_now
from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.model import EditionStatus
from digest.model.amounts import parse_rate
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database
from digest.store.db.postgres.lines import Line
from digest.store.editions import editions
from tests.e2e.deliverer import copies
from tests.e2e.test_kill import check, edition_and_sink
from tests.helpers.proxy import Wire, wire_to
from tests.helpers.sink import Sink

Fault: TypeAlias = Callable[[Wire], Awaitable[None] | None]

APART = 70  # mails between two faults


@asynccontextmanager
async def smtp_at(port: int) -> AsyncIterator[Sender]:
    http = Http(user_agent="test")
    options = {"host": "127.0.0.1", "port": port, "security": "none", "connections": 4, "timeout": "0.5s"}
    sender = Sender(Options.model_validate(options), http)
    yield sender
    await sender.close()
    await http.close()


async def break_now_and_then(sink: Sink, wire: Wire, faults: Sequence[Fault], seconds: float) -> None:
    """Do each of these things to the wire, one after the other as mails arrive, for a while each."""
    for number, fault in enumerate(faults):
        while sink.count < 50 + APART * number:
            await asyncio.sleep(0.005)
        done = fault(wire)
        if inspect.isawaitable(done):
            await done
        await asyncio.sleep(seconds)
        wire.heal()


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("fault", "seconds"), [(Wire.cut, 0.3), (Wire.hold, 0.2), (Wire.hold, 1.0)])
async def test_the_way_to_the_mail_server(
    sqlite_db: Database, fault: Callable[[Wire], None], seconds: float, soak: bool
) -> None:
    times = 20 if soak else 2
    readers = APART * times + 60
    async with (
        edition_and_sink(sqlite_db, readers) as (edition, sink, _),
        wire_to(sink.port) as wire,
        smtp_at(wire.port) as sender,
    ):
        breaking = asyncio.create_task(break_now_and_then(sink, wire, [fault] * times, seconds))
        route = SenderRoute("smtp", sender, (parse_rate("400/s"),))
        await deliver(sqlite_db, [route], copies, Policy(wait=timedelta(seconds=30)), Hooks(clock=utc_now))
        await breaking
        found = await check(sqlite_db, edition, sink, readers, hold=False, twice=soak)
    print(f"\n{times} times {fault.__name__} for {seconds} s: {found}")
    assert found["lost"] == 0
    assert found["duplicates"] <= found["in doubt"] <= times * 2 * 4
    if (fault, seconds) == (Wire.hold, 0.2):
        assert found["in doubt"] == 0, "a delay that is borne with is no fault"
    else:
        assert wire.carried > 4, "the connections were lost"


@pytest.mark.postgres
@pytest.mark.timeout(180)
@pytest.mark.parametrize("fault", [Wire.cut, Wire.hold, Wire.freeze])
async def test_the_way_to_the_database(
    postgres_url: str,
    fault: Callable[[Wire], None],
    crash_postgres: Callable[[], None] | None,
    soak: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the long form the server itself crashes as well, at every third time."""
    monkeypatch.setattr(Line, "patience", 1.0)
    faults: list[Fault] = [fault] * 2
    if soak:
        crash: Fault = (lambda _: asyncio.to_thread(crash_postgres)) if crash_postgres else fault
        faults = [fault, fault, crash] * 5
    readers = APART * len(faults) + 60
    url = make_url(postgres_url)
    near = await Database.open(postgres_url)
    socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}" if "host" in url.query else ""
    async with (
        edition_and_sink(near, readers) as (edition, sink, _),
        wire_to(url.port or 5432, path=socket) as wire,
        smtp_at(sink.port) as sender,
    ):
        behind = url.set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable"})
        far = await Database.open(behind.render_as_string(hide_password=False))
        breaking = asyncio.create_task(break_now_and_then(sink, wire, faults, 0.7))
        route = SenderRoute("smtp", sender, (parse_rate("400/s"),))
        for _ in range(2):  # one run may end with the line that failed; the service makes the next one
            await deliver(far, [route], copies, Policy(wait=timedelta(seconds=30)))
            if (await editions.by_name(near, edition.name)).status is not EditionStatus.SENDING:
                break
        await breaking
        found = await check(near, edition, sink, readers, hold=False)
        assert (await editions.by_name(near, edition.name)).status == "sent"
        await far.close()
    await near.close()
    print(f"\n{len(faults)} faults, mostly {fault.__name__}: {found}")
    assert (found["lost"], found["duplicates"], found["in doubt"]) == (0, 0, 0)
