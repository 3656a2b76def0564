"""SQLite's log is damaged after a kill: SQLite drops what was committed last, and the program says so before it mails."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.e2e.mailing import arrived, mailing
from tests.helpers.damage import flip

READERS = 300


@pytest.mark.timeout(120)
def test_nobody_is_mailed_until_a_person_has_looked(
    start: Callable[..., Process],
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
) -> None:
    folder = mailing(start, newsroom, digest, readers=READERS)
    send = start("send", "daily")
    until(lambda: len(list(folder.glob("*.eml"))) >= 60, send)
    send.kill(signal.SIGKILL)
    send.wait()
    log = Path("digest.db-wal")
    log.write_bytes(flip(log.read_bytes()))

    # Whichever command comes first sees it; in a process of its own, for each process looks once.
    assert start("editions", "list").wait() == 0
    before = arrived(folder)
    sent = digest("send", "daily")
    said = sent.out + sent.err
    assert "log was damaged, and its last changes are lost" in said
    assert "is paused" in said
    assert arrived(folder) == before, "nobody gets anything meanwhile"

    edition = re.search(r"daily-[0-9T-]+", said)
    assert edition
    assert digest("editions", "resume", edition[0]).code == 0
    assert digest("send", "daily").code == 0
    assert len(arrived(folder)) == READERS, "then all others do"
