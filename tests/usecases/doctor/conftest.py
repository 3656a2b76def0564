"""A small world on loopback: a name server, a mail server, a site; and the tools that are examined in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from dns import asyncresolver

from digest.app import open_tools
from digest.message.dkim import load_signer, new_key
from digest.model.findings import Finding
from digest.settings import Settings
from digest.tools import Tools
from tests.helpers.name_server import NameServer, serve_names

Zone: TypeAlias = dict[tuple[str, str], list[str]]
Open: TypeAlias = Callable[..., AbstractAsyncContextManager[Tools]]

KEY = new_key()
RECORD = load_signer("example.org", "s1", KEY).dns_record()[1]


def txt(text: str) -> list[str]:
    """Return a TXT record as a zone file has it: strings of at most 255 characters."""
    return [" ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))]


@pytest.fixture
def zone() -> Zone:
    """The records of a domain whose mails every receiver believes."""
    return {
        ("news.example.org.", "TXT"): txt("v=spf1 include:_spf.example.org -all"),
        ("_spf.example.org.", "TXT"): txt("v=spf1 ip4:192.0.2.1 -all"),
        ("_dmarc.example.org.", "TXT"): txt("v=DMARC1; p=reject; rua=mailto:dmarc@example.org"),
        ("s1._domainkey.example.org.", "TXT"): txt(RECORD),
        ("news.example.org.", "MX"): ["10 mx.example.org."],
        ("mx.example.org.", "A"): ["192.0.2.2"],
        ("smtp.example.org.", "A"): ["192.0.2.1"],
        ("1.2.0.192.in-addr.arpa.", "PTR"): ["smtp.example.org."],
    }


@pytest.fixture
async def names(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[NameServer]:
    """The name server that this machine asks."""
    server = NameServer(zone)
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        yield server


@pytest.fixture
def open_with(sqlite_url: str, tmp_path: Path) -> Open:
    """What opens tools over one database, with tables of the configuration as they are given."""

    @asynccontextmanager
    async def opened(**tables: Any) -> AsyncIterator[Tools]:
        newsletter = {"name": "daily", "title": "The Daily", "from": "The Daily <d@news.example.org>"}
        settings = Settings.model_validate(
            {
                "database": {"url": sqlite_url},
                "fetch": {"allow_private": True, "host_pause": "0s"},
                "newsletters": [newsletter],
                **tables,
            }
        )
        async with open_tools(settings) as tools:
            yield tools

    return opened


def by_id(findings: list[Finding]) -> dict[str, Finding]:
    """Return findings by their id, of several with one id the worst."""
    order = ["ok", "unknown", "warning", "failure"]
    return {one.id: one for one in sorted(findings, key=lambda one: order.index(one.level.value))}
