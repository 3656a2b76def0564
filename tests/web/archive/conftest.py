"""The pages with newsletters whose archive is not public beside the usual ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from digest.app import open_tools
from digest.settings import Newsletter, Settings
from digest.web import create_app, serve
from tests.web import conftest
from tests.web.conftest import Service


def settings(database: str) -> Settings:
    usual = conftest.settings(database)
    closed = (
        Newsletter(name=name, title=f"Club {name}", archive=name, **{"from": "Club <c@news.example.org>"})
        for name in ("private", "off")
    )
    return usual.model_copy(update={"newsletters": (*usual.newsletters, *closed)})


@pytest.fixture
async def service(sqlite_url: str, now: datetime) -> AsyncIterator[Service]:
    async with open_tools(settings(sqlite_url), clock=lambda: now) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield Service(tools=tools, url=url, client=client)
