"""What the tests of pictures share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from digest.net.http import Http


async def here(host: str, port: int) -> Sequence[str]:
    """Answer every question about an address with this machine's own."""
    return ["127.0.0.1"]


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(user_agent="test", allow_private=True, resolve=here, host_pause=60)
    yield client
    await client.close()
