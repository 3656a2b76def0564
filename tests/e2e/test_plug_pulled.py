"""The plug is pulled in the middle of `digest send`; the next one completes the edition, and the books are true."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.e2e.mailing import arrived, mailing

READERS = 400
KILLS = 4


def test_kill_and_complete(
    start: Callable[..., Process],
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
) -> None:
    folder, chance = mailing(start, newsroom, digest, readers=READERS), random.Random(READERS)
    for _ in range(KILLS):
        before = len(list(folder.glob("*.eml")))
        more = chance.randint(1, READERS // (KILLS + 2))
        send = start("send", "daily")
        until(lambda enough=before + more: len(list(folder.glob("*.eml"))) >= enough, send)  # type: ignore[misc]
        send.kill(signal.SIGKILL)
        send.wait()

    last = digest("send", "daily", "--json").json
    assert last["status"] == "sent"
    assert last["recipients"] == READERS
    rows = digest("deliveries", last["edition"], "--json").json
    doubted = {
        row["message_id"]
        for row in digest("deliveries", last["edition"], "--state", "unknown", "--json").json
    }
    copies = arrived(folder)
    lost = {row["message_id"] for row in rows if row["state"] == "sent"} - copies.keys()
    assert not lost, "what the ledger says was sent has arrived"
    assert {row["message_id"] for row in rows} - copies.keys() <= doubted, "and nobody else is missing"
    assert {row["state"] for row in rows} <= {"sent", "unknown"}
    assert {message for message, count in copies.items() if count > 1} <= doubted, (
        "whoever got it twice is named"
    )
    assert len(doubted) <= KILLS * (2 * 3 + 20)
