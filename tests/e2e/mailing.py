"""A newsroom with many readers that mails into the embedded inbox, which keeps every mail as a file."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Digest, Newsroom
from tests.e2e.conftest import Process, until

_PORT = re.compile(r"SMTP on 127\.0\.0\.1:(\d+)")
_SENDER = """\
[[senders]]
kind = "smtp"
host = "127.0.0.1"
port = {port}
security = "none"
connections = 3
rate = "150/s"

[[newsletters]]
"""


def mailing(start: Callable[..., Process], newsroom: Newsroom, digest: Digest, *, readers: int) -> Path:
    """Start an inbox, configure it as the sender and import so many readers; returns the folder where mails arrive."""
    inbox = start("inbox", "--smtp", "0", "--http", "0", "--folder", "mails")
    until(lambda: _PORT.search(inbox.said), inbox)
    port = _PORT.search(inbox.said)
    assert port
    newsroom.edit("[[newsletters]]\n", _SENDER.format(port=port[1]))
    table = newsroom.folder / "readers.csv"
    table.write_text("".join(f"reader{number}@example.org\n" for number in range(readers)))
    assert digest("subscribers", "import", table, "--newsletter", "daily").code == 0
    return newsroom.folder / "mails"


def arrived(folder: Path) -> Counter[str]:
    """Count the mails that the inbox has taken, by their Message-ID."""
    mails = (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in folder.glob("*.eml")
    )
    return Counter(str(mail["Message-ID"]).strip("<>") for mail in mails)
