"""A newsroom on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from digest.tools import Tools
from tests.helpers.newsroom import Newsroom


@pytest.fixture
def newsroom(db_url: str, tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path, db_url)


@pytest.fixture
async def tools(newsroom: Newsroom) -> AsyncIterator[Tools]:
    """One process of a newsroom that has a story."""
    newsroom.write("ferry")
    async with newsroom.opened() as opened:
        yield opened
