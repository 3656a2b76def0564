"""The pages of some newsletters, and the mailboxes of those who sign up there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
from sqlalchemy import Table, func, select

from digest.app import open_tools
from digest.clock import utc_now
from digest.pipeline.system_mails import send_due
from digest.settings import DatabaseSettings, Newsletter, SenderSettings, Settings, SignupSettings, Site
from digest.store.people import readers
from digest.tools import Tools
from digest.web import create_app, serve
from tests.helpers.smtp_server import Received, ScriptedServer

ANNA = "anna@paper.example.org"
SITE = "https://www.example.org"


class Clock:
    """A clock that stands still until a test moves it, or lets it run."""

    def __init__(self) -> None:
        self.now = utc_now()
        self.stand_still = True

    def __call__(self) -> datetime:
        return self.now if self.stand_still else utc_now()


class Paper:
    """The pages of two newsletters, and the mailboxes of their readers."""

    def __init__(self, tools: Tools, client: httpx.AsyncClient, server: ScriptedServer, clock: Clock) -> None:
        self.tools, self.client, self.server, self.clock = tools, client, server, clock
        self._seen = 0

    async def ask(self, address: str = ANNA, newsletter: str = "daily", **more: str) -> httpx.Response:
        return await self.client.post(f"/n/{newsletter}", data={"email": address, **more})

    async def mails(self) -> list[Received]:
        """Send what is due and return what came since the last look."""
        await send_due(self.tools)
        new, self._seen = self.server.received[self._seen :], len(self.server.received)
        return new

    async def confirm(self, mail: Received) -> httpx.Response:
        path = link(mail, "c")
        assert (await self.client.get(path)).status_code == 200
        return await self.client.post(path)

    async def count(self, *tables: Table) -> list[int]:
        async with self.tools.db.connect() as conn:
            return [int(await conn.scalar(select(func.count()).select_from(one)) or 0) for one in tables]

    async def statuses(self) -> dict[str, str]:
        found = [one async for one in readers.list_(self.tools.db)]
        return {f"{one.address} {one.newsletter}": one.status.value for one in found}


def text_of(mail: Received) -> str:
    body = mail.message.get_body(("plain",))
    assert body
    return str(body.get_content())


def link(mail: Received, kind: str) -> str:
    found = re.search(rf"https://news\.example\.org(/{kind}/\S+)", text_of(mail))
    assert found, text_of(mail)
    return found[1]


def subject(mail: Received) -> str:
    return str(mail.message["Subject"])


def newsletter(name: str, **more: object) -> Newsletter:
    return Newsletter(
        name=name, title=f"The {name.title()}", **{"from": f"<{name}@news.example.org>", **more}
    )


@asynccontextmanager
async def opened(
    db_url: str, server: ScriptedServer, newsletters: Sequence[Newsletter] = (), **signup: object
) -> AsyncIterator[Paper]:
    """Open the pages, with an SMTP server behind them; `signup` are keys of its table in the configuration."""
    clock = Clock()
    smtp = {"kind": "smtp", "host": server.host, "port": server.port, "security": "none"}
    settings = Settings(
        site=Site(name="The Paper", url="https://news.example.org"),
        database=DatabaseSettings(url=db_url),
        signup=SignupSettings.model_validate(
            {"origins": [SITE], "per_network": 1000, "per_minute": 1000} | signup
        ),
        senders=(SenderSettings.model_validate(smtp),),
        newsletters=(
            newsletter("daily"),
            newsletter("weekly", schedule="0 7 * * fri"),
            newsletter("members", signup="invitation"),
            newsletter("old", signup="closed"),
            *newsletters,
        ),
    )
    async with open_tools(settings, clock=clock) as tools, serve(create_app(tools), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield Paper(tools, client, server, clock)
