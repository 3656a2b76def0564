"""What the tests of all senders share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from digest.net.http import Http


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """An HTTP client that may visit this machine."""
    client = Http(user_agent="tests", allow_private=True, host_pause=0.0)
    yield client
    await client.close()
