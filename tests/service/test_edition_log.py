"""What the service's log tells of editions."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from digest.app import open_tools
from digest.delivery import Hooks, SenderRoute, deliver
from digest.model import Refused, Sent
from digest.service.edition_log import EditionLog
from digest.settings import DatabaseSettings, Settings
from tests.helpers.ledger import FakeSender, Times, address, copies, open_edition


async def test_the_log_tells_how_an_edition_ended(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "digest")
    sender = FakeSender(lambda mail: Refused("no") if mail.recipient == address(2) else Sent("250 ok"))
    clock = Times()
    async with open_tools(Settings(database=DatabaseSettings(url=sqlite_url)), clock=clock) as tools:
        edition = await open_edition(tools.db, readers=3)
        edition_log = EditionLog(tools)
        await edition_log.tell()
        assert not caplog.messages, "it is being sent"
        await deliver(tools.db, [SenderRoute("picky", sender)], copies, hooks=Hooks(clock=clock))
        clock.on(timedelta(seconds=72))
        for _ in range(2):
            await edition_log.tell()
    name = edition.name
    assert caplog.messages == [
        f"{name}: sent after 1 min 12 s: 2 sent, 1 refused of 3 readers",
        f'{name}: 1 refused; "digest editions show {name}" lists them with the reasons',
    ]
