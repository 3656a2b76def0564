"""A mail server that does everything wrong now and then, at every phase: the ledger tells the truth about all of it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.model import EditionStatus, State
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database
from digest.store.editions import deliveries, editions
from tests.helpers.ledger import Times, copies, open_edition
from tests.helpers.smtp_server import DROP, GONE, STALL, Serve

READERS = 200
LOST: list[str | bytes] = [
    DROP,
    STALL,
    b"250 hal",
    b"250 hal" + GONE,
    "421 4.3.2 closing",
    "451 4.3.0 try later",
]
MAD: list[str | bytes] = [*LOST, b"<html>this is no SMTP</html>\r\n", "250-a\r\n251 b"]
FAULTS: dict[str, list[str | bytes]] = {
    "greeting": LOST,  # what is no SMTP there, and a no to us, stop the sender until a person has looked
    "ehlo": LOST,
    "mail": MAD,
    "rcpt": [*MAD, "550 5.1.1 no such user", "452 4.5.3 too many recipients"],
    "data": [*MAD, "554 5.5.1 no"],
    "dot": [*MAD, "554 5.6.0 what is this", "552 5.2.2 full"],
    "bdat": [*MAD, "554 5.6.0 what is this"],
    "rset": MAD,
    "quit": MAD,
}


class Moods(dict[str, Any]):
    """A script that has a fault at hand at every phase, seldom and never twice the same way."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.shown: Counter[str] = Counter()
        self._chance = random.Random(seed)

    def get(self, phase: str, usual: Any = None) -> Any:
        if phase not in FAULTS or self._chance.random() > 0.04:
            return usual
        self.shown[phase] += 1
        return self._chance.choice(FAULTS[phase])


@pytest.mark.timeout(120)
@pytest.mark.parametrize("chunking", [False, True], ids=["DATA", "BDAT"])
async def test_the_ledger_says_who_got_it(
    sqlite_db: Database, scripted: Serve, request: pytest.FixtureRequest, chunking: bool
) -> None:
    rounds = 20 if request.config.getoption("--soak") else 1
    for seed in range(rounds):
        await _one(sqlite_db, scripted, Moods(seed), chunking=chunking, first=seed == 0)


async def _one(db: Database, scripted: Serve, moods: Moods, *, chunking: bool, first: bool) -> None:
    server = await scripted(script=moods, greedy=True, offers=["PIPELINING", "CHUNKING"])
    edition = await open_edition(db, readers=READERS, newsletter="daily" if first else f"n{server.port}")
    http = Http(user_agent="test")
    options = {"host": server.host, "port": server.port, "security": "none", "timeout": "0.2s"}
    sender = Sender(Options.model_validate({**options, "chunking": chunking}), http)
    times = Times()
    for _ in range(12):  # what is put off comes back within hours
        route = SenderRoute("smtp", sender)
        await deliver(
            db,
            [route],
            copies,
            Policy(edition_id=edition.id, wait=timedelta(seconds=0.3)),
            Hooks(clock=times),
        )
        times.on(timedelta(hours=5))
    await sender.close()
    await http.close()

    assert (await editions.by_name(db, edition.name)).status is EditionStatus.SENT
    assert moods.shown.keys() >= {"mail", "rcpt", "bdat" if chunking else "dot"}
    got = Counter(received.recipient for received in server.received)
    rows = {row.address: row async for row in deliveries.rows(db, edition.id)}
    assert len(rows) == READERS
    for name, row in rows.items():
        assert row.state in (State.SENT, State.REFUSED, State.UNKNOWN), row
        assert got[name] >= 1 or row.state is not State.SENT, f"lost: {row}"
        assert got[name] <= (row.attempts if row.doubted else 1), f"{got[name]} copies: {row}"
        assert got[name] == 0 or row.state is not State.REFUSED or row.doubted, f"refused and taken: {row}"
    assert not got.keys() - rows.keys()
