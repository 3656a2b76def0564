"""A client that may visit the servers of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from digest.net.http import Http


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(
        user_agent="Paper/1.0 (+https://news.example.org)", allow_private=True, timeout=5, host_pause=0
    )
    yield client
    await client.close()
