"""Through PgBouncer, which hands every transaction to another connection: deliveries, and statements that take long."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from digest.delivery import Hooks, SenderRoute, deliver
from digest.model import State
from digest.store.db.database import Database
from digest.store.db.postgres.lines import Line
from tests.helpers.ledger import CLOCK, FakeSender, copies, open_edition, states

pytestmark = pytest.mark.postgres

_INI = """\
[databases]
{database} = host={host} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
pidfile =
"""


@pytest.fixture
def pooled_url(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database behind a PgBouncer in transaction mode, which has three connections for all."""
    program, place = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer"), make_url(postgres_url)
    host = place.query.get("host")
    if program is None or not isinstance(host, str):
        pytest.skip("there is no pgbouncer here, or the server has no socket to reach it by")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ini = tmp_path / "pgbouncer.ini"
    ini.write_text(_INI.format(database=place.database, host=host, user=place.username, port=port))
    tmp_path.chmod(0o755)
    process = subprocess.Popen([program, "-q", ini.name], cwd=tmp_path, user=Path(host).owner())
    yield f"postgresql://{place.username}@127.0.0.1:{port}/{place.database}"
    process.terminate()
    process.wait(10)


async def opened(url: str) -> Database:
    for _ in range(100):
        try:
            return await Database.open(url)
        except Exception:  # it has only just been started
            await asyncio.sleep(0.05)
    return await Database.open(url)


async def test_transactions_find_nothing_of_each_other(pooled_url: str) -> None:
    several = [await opened(pooled_url) for _ in range(8)]

    async def work(db: Database, number: int) -> None:
        for turn in range(12):  # psycopg prepares what it meets for the sixth time
            async with db.begin() as conn:
                query = text(f"SELECT count(*), {number % 3} FROM reader WHERE id > :id")
                await conn.execute(query, {"id": turn})
                await conn.execute(text("SELECT pg_sleep(0.002)"))

    await asyncio.gather(*(work(db, number) for number, db in enumerate(several)))
    for db in several:
        await db.close()


async def test_an_edition_is_delivered_by_several_processes_through_it(pooled_url: str) -> None:
    several = [await opened(pooled_url) for _ in range(3)]
    edition, sender = await open_edition(several[0], readers=600), FakeSender(batch_size=10)
    await asyncio.gather(
        *(deliver(db, [SenderRoute("f", sender)], copies, hooks=Hooks(clock=CLOCK)) for db in several)
    )
    assert set((await states(several[0], edition)).values()) == {State.SENT}
    assert len(sender.sent) == len(set(sender.sent)) == 600
    for db in several:
        await db.close()


async def test_a_long_statement_is_waited_for(pooled_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Line, "patience", 0.2)
    db = await opened(pooled_url)
    async with db.connect() as conn:
        await conn.execute(text("SELECT pg_sleep(1)"))
    await db.close()
