"""The service reads mails that came back and acts on them, with either engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from digest.service import service
from digest.settings import BounceSettings
from tests.feedback.reading.mails import failed
from tests.helpers.ledger import address
from tests.pipeline.test_feedback import DEAD, opened, suppressed


async def test_a_mail_that_came_back_is_read_and_its_reader_suppressed(db_url: str, tmp_path: Path) -> None:
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    async with opened(db_url) as tools:
        own = tools.settings.model_copy(
            update={"bounces": BounceSettings(maildir=tmp_path, interval=timedelta(seconds=1))}
        )
        to = tools.links.mail_addresses("bounces@news.example.org", "bounce")(2)
        (tmp_path / "new" / "1.mx").write_bytes(failed(DEAD, to=to))
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(replace(tools, settings=own), stop))
        try:
            async with asyncio.timeout(60):
                while not await suppressed(tools):
                    await asyncio.sleep(0.1)
        finally:
            stop.set()
            await running
        assert await suppressed(tools) == {address(2)}
        assert [file.name for file in (tmp_path / "cur").iterdir()] == ["1.mx:2,S"]
