"""The plug is pulled in the middle of `digest send`; the next one completes the edition, and the books are true."""

from __future__ import annotations

import email
import email.policy
import random
import re
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until

READERS = 400
KILLS = 4
SENDER = """\
[[senders]]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 3
rate = "150/s"

[[newsletters]]
"""


def arrived(folder: Path) -> Counter[str]:
    """Count the mails that the inbox has taken, by their Message-ID."""
    mails = (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in folder.glob("*.eml")
    )
    return Counter(str(mail["Message-ID"]).strip("<>") for mail in mails)


def test_kill_and_complete(
    start: Callable[..., Process],
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
) -> None:
    inbox = start("inbox", "--smtp", "0", "--http", "0", "--folder", "mails")
    until(lambda: re.search(r"SMTP on 127\.0\.0\.1:(\d+)", inbox.said), inbox)
    port = re.search(r"SMTP on 127\.0\.0\.1:(\d+)", inbox.said)
    assert port
    newsroom.edit("[[newsletters]]\n", SENDER.format(port=port[1]))
    readers = newsroom.folder / "readers.csv"
    readers.write_text("".join(f"reader{number}@example.org\n" for number in range(READERS)))
    assert digest("subscribers", "import", readers, "--newsletter", "daily").code == 0

    folder, chance = newsroom.folder / "mails", random.Random(READERS)
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
