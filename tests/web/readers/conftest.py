"""The pages for signing up, over both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.helpers.smtp_server import Serve
from tests.web.readers.signing_up import Paper, opened


@pytest.fixture
async def paper(db_url: str, scripted: Serve) -> AsyncIterator[Paper]:
    async with opened(db_url, await scripted()) as running:
        yield running
