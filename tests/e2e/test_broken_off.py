"""`digest send` that a signal breaks off: what it says of the rest, and how the rest is sent."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable

import pytest

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.e2e.mailing import arrived, mailing


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=lambda one: one.name)
def test_what_was_broken_off_is_said_to_be_and_gone_on_with(
    start: Callable[..., Process],
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    number: signal.Signals,
) -> None:
    folder = mailing(start, newsroom, digest, readers=60)
    newsroom.edit('rate = "150/s"', 'rate = "10/s"')
    send = start("send", "daily")
    until(lambda: len(list(folder.glob("*.eml"))) >= 5, send)
    [edition] = digest("editions", "list", "--json").json
    assert re.search(r"pace  \d+/s, 0:\d\d left", digest("editions", "show", edition["edition"]).out)
    send.kill(number)
    assert send.wait() == 1, "somebody has yet to complete it"
    assert f"{edition['edition']} is not done" in send.said
    assert digest("deliveries", edition["edition"], "--state", "unknown", "--json").json == []

    still = 60 - len(list(folder.glob("*.eml")))
    would = digest("send", "daily", "--dry-run").out
    assert f"would go on with {edition['edition']}: {still} of 60 still to go" in would
    assert "no process is sending it now" in digest("editions", "show", edition["edition"]).out
    newsroom.edit('rate = "10/s"', 'rate = "150/s"')
    assert digest("send", "daily").code == 0
    assert sum(arrived(folder).values()) == 60
