"""From the configuration to the limit of a reader's mail host, by way of the DNS."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from dns import asyncresolver

from digest.app import open_tools
from digest.delivery import HostThrottle
from digest.settings import Settings
from tests.helpers.name_server import NameServer, serve_names

RECORDS = {("paper.news.", "MX"): ["1 aspmx.l.google.com."]}
SMTP = {"kind": "smtp", "host": "mx.example.org"}


async def passed(sender: dict[str, Any], folder: Path, address: str, **delivery: Any) -> int:
    """Return how many of 500 mails to an address may leave in one moment, once the DNS has been asked."""
    url = f"sqlite:///{folder / 'digest.db'}"
    settings = Settings.model_validate({"database": {"url": url}, "senders": [sender], "delivery": delivery})
    async with open_tools(settings) as tools:
        [route] = tools.routes
        domains: HostThrottle = route.domains
        domains.delay(address, 0.0)
        async with asyncio.timeout(10):
            while domains._hosts._asking:
                await asyncio.sleep(0.01)
        domains.delay(address, 0.0)  # from here on time counts
        return sum(domains.delay(address, 10.0) == 0 for _ in range(500))


@pytest.mark.parametrize(
    ("sender", "delivery", "address", "many"),
    [
        (SMTP, {}, "ada@gmail.com", 5),  # a twentieth of 100/s
        (SMTP, {}, "ada@paper.news", 5),
        (SMTP, {"mx_lookups": False}, "ada@paper.news", 500),
        (SMTP, {}, "ada@example.org", 500),
        (SMTP | {"domains": {"gmail.com": "none"}}, {}, "ada@paper.news", 500),
        (SMTP | {"domains": {"gmail.com": "20/s"}}, {}, "ada@paper.news", 1),
        (SMTP | {"domains": {"paper.news": "400/s"}}, {}, "ada@paper.news", 20),
        (SMTP | {"domains": {"*": "1/s"}}, {}, "ada@own.news", 1),
        ({"kind": "eml"}, {}, "ada@gmail.com", 500),
        ({"kind": "eml", "domains": {"gmail.com": "1/s"}}, {}, "ada@paper.news", 1),
    ],
)
async def test_what_may_leave_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sender: dict[str, Any],
    delivery: dict[str, Any],
    address: str,
    many: int,
) -> None:
    server = NameServer(RECORDS)
    async with serve_names(server) as resolver:
        monkeypatch.setattr(asyncresolver, "default_resolver", resolver)
        assert await passed(sender, tmp_path, address, **delivery) == many
    assert set(server.asked) <= {"paper.news.", "own.news."}


async def test_workers_share_a_hosts_rate(tmp_path: Path) -> None:
    sender = SMTP | {"domains": {"gmail.com": "400/s"}}
    assert await passed(sender, tmp_path, "ada@gmail.com", workers=4) == 5
