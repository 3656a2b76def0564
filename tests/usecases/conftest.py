"""Tools over a fresh SQLite database, as a command or a page opens them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from digest.app import open_tools
from digest.tools import Tools
from tests.helpers.ledger import NOW
from tests.web.conftest import settings


@pytest.fixture
async def tools(sqlite_url: str) -> AsyncIterator[Tools]:
    async with open_tools(settings(sqlite_url), clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
async def tools_on_both(db_url: str) -> AsyncIterator[Tools]:
    """The same over SQLite and over PostgreSQL."""
    async with open_tools(settings(db_url), clock=lambda: NOW) as opened:
        await opened.db.upgrade()
        yield opened
