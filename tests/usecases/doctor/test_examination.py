"""The whole examination: a silent DNS, senders that log in, a site that answers or does not, the clock, the disks."""

from __future__ import annotations

import ssl
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from dns import asyncresolver

from digest.clock import utc_now
from digest.model.findings import Finding, Level
from digest.net.dns import resolver
from digest.readers.links import TEST_COPY
from digest.store.db import versions
from digest.store.db.database import Database
from digest.tools import Tools
from digest.usecases.doctor import examination, machine
from digest.usecases.doctor.catalogue import REASONS
from digest.usecases.doctor.examination import examine
from digest.web import create_app, serve
from tests.helpers.name_server import NameServer, serve_names
from tests.helpers.servers import Answer, Request, Server, redirect
from tests.helpers.smtp_server import STALL, Certificates, Serve
from tests.helpers.smtp_server import serve as serve_smtp
from tests.usecases.doctor.conftest import Open, by_id

SES = {"kind": "ses", "region": "eu-west-1", "access_key_id": "A", "url": "http://127.0.0.1:9"}


def smtp(port: int, **more: Any) -> dict[str, Any]:
    return {"kind": "smtp", "host": "127.0.0.1", "port": port, **more}


async def examined(tools: Tools, tls: ssl.SSLContext | None = None) -> dict[str, Finding]:
    findings = await examine(tools, tls=tls)
    assert {finding.id for finding in findings} <= REASONS.keys()
    assert all(finding.group or finding.id == "dns.answers" for finding in findings)
    return by_id(findings)


async def test_a_silent_dns_is_one_finding(open_with: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "QUESTION_SECONDS", 0.2)
    sources = [{"url": f"https://feeds{number}.test/"} for number in range(3)]
    newsletters = [
        {"name": f"n{n}", "title": "N", "from": f"d@n{n}.test", "sections": [{"sources": sources}]}
        for n in range(3)
    ]
    server = NameServer({}, mute=True)
    async with serve_names(server) as nearby:
        monkeypatch.setattr(asyncresolver, "default_resolver", nearby)
        tables = {"senders": [smtp(587) | {"host": "smtp.n1.test"}], "site": {"url": "https://n1.test"}}
        async with open_with(newsletters=newsletters, **tables) as tools:
            findings = await examine(tools)
    [dns] = [finding for finding in findings if finding.id == "dns.answers"]
    assert dns.level is Level.UNKNOWN
    for missed in (
        "SPF of n0.test",
        "DMARC of n2.test",
        "sender smtp",
        "one-click unsubscribe",
        "sources",
        "links",
    ):
        assert missed in dns.text
    others = {finding.id for finding in findings if finding is not dns and finding.level is not Level.OK}
    assert others <= {"machine.clock", "dkim.signing"}


async def test_a_zone_that_is_broken_is_one_finding_of_its_domain(open_with: Open, names: NameServer) -> None:
    names.broken |= {"news.example.org.", "_dmarc.news.example.org."}
    async with open_with(senders=[SES]) as tools:
        findings = await examine(tools)
    [dns] = [finding for finding in findings if finding.id == "dns.answers"]
    assert (dns.group, dns.level) == ("domain news.example.org", Level.UNKNOWN)
    assert "SPF of news.example.org, DMARC of news.example.org" in dns.text


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mail_server_is_logged_in_to(
    open_with: Open, certificates: Certificates, names: NameServer, security: Any
) -> None:
    account = {
        "username": "ada",
        "password": "secret",
        "ca_file": str(certificates.ca_file),
        "security": security,
    }
    async with serve_smtp(security=security, certificates=certificates, login=("ada", "secret")) as server:
        async with open_with(senders=[smtp(server.port, **account)]) as tools:
            found = await examined(tools)
        assert {found[f"sender.{name}"].level for name in ("login", "encryption", "certificate")} == {
            Level.OK
        }
        assert "127.0.0.1, good until" in found["sender.certificate"].text
        async with open_with(senders=[smtp(server.port, **account | {"password": "wrong"})]) as tools:
            found = await examined(tools)
        assert found["sender.login"].level is Level.FAILURE
        assert not server.received


async def test_a_certificate_that_ends_soon_or_is_for_another_is_said(
    open_with: Open, certificates: Certificates, names: NameServer, scripted: Serve
) -> None:
    soon = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = utc_now() + timedelta(days=5)
    certificates.authority.issue_cert("127.0.0.1", not_after=ends).configure_cert(soon)
    for context, id_, level, words in (
        (soon, "sender.certificate", Level.WARNING, f"{ends:%Y-%m-%d}"),
        (certificates.elsewhere, "sender.login", Level.FAILURE, "not to be trusted"),
    ):
        server = await scripted(offers=("STARTTLS",), tls=context)
        more = {"security": "starttls", "ca_file": str(certificates.ca_file)}
        async with open_with(senders=[smtp(server.port, **more)]) as tools:
            finding = (await examined(tools))[id_]
        assert finding.level is level
        assert words in finding.text


async def test_a_sender_that_never_greets_ends_with_its_time(
    open_with: Open, names: NameServer, scripted: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "PROBE_SECONDS", 0.5)
    server = await scripted(script={"greeting": STALL})
    async with open_with(senders=[smtp(server.port, security="none")]) as tools:
        finding = (await examined(tools))["sender.login"]
    assert (finding.level, finding.text) == (Level.UNKNOWN, "no answer within 0.5 s")


async def test_one_click_reaches_this_program(open_with: Open, names: NameServer) -> None:
    async with open_with() as tools, serve(create_app(tools), "127.0.0.1", 0) as port:
        async with open_with(senders=[SES], site={"url": f"http://127.0.0.1:{port}"}) as same:
            found = await examined(same)
    assert found["site.one-click"].level is Level.OK
    assert found["site.https"].level is Level.FAILURE


async def test_one_click_that_reaches_a_program_with_another_database(
    open_with: Open, names: NameServer, tmp_path: Path
) -> None:
    other = {"database": {"url": f"sqlite:///{tmp_path / 'other.db'}"}}
    async with open_with(**other) as tools, serve(create_app(tools), "127.0.0.1", 0) as port:
        async with open_with(senders=[SES], site={"url": f"http://127.0.0.1:{port}"}) as ours:
            finding = (await examined(ours))["site.one-click"]
    assert finding.level is Level.FAILURE
    assert "another database" in finding.text


@pytest.mark.parametrize(
    ("answer", "words", "fix"),
    [
        (
            redirect("https://www.example.org/u/{token}", 301),
            "redirected (301",
            'url = "https://www.example.org"',
        ),
        (redirect("/login?next=/u/{token}", 302), "redirected (302", ""),
        (Answer(status=403), "a login, a filter", ""),
        (Answer(status=500), "answered 500", ""),
        (Answer(body="welcome to our shop"), "another program", ""),
    ],
)
async def test_what_stands_before_one_click_is_said(
    open_with: Open, names: NameServer, server: Server, answer: Answer, words: str, fix: str
) -> None:
    async with open_with(senders=[SES], site={"url": server.url("")}) as tools:
        token = tools.links.token(TEST_COPY)
        told = {name: value.replace("{token}", token) for name, value in answer.headers.items()}
        for path in (token, token[::-1]):
            server.routes[f"/u/{path}"] = Answer(status=answer.status, body=answer.body, headers=told)
        finding = (await examined(tools))["site.one-click"]
    assert finding.level is Level.FAILURE
    assert words in finding.text
    assert token not in f"{finding.text}{finding.fix}"
    assert finding.fix == fix
    posts = [request for request in server.requests if request.method == "POST"]
    assert {request.body for request in posts} == {b"List-Unsubscribe=One-Click"}


async def test_an_https_site_and_its_certificate(
    open_with: Open, names: NameServer, certificates: Certificates
) -> None:
    site = Server(tls=certificates.server).start()
    trust = ssl.create_default_context(cafile=certificates.ca_file)
    try:
        async with open_with(senders=[SES], site={"url": site.url("")}) as tools:
            site.routes[f"/u/{tools.links.token(TEST_COPY)}"] = Answer(body="a test copy")
            found = await examined(tools, trust)
            assert {found[f"site.{name}"].level for name in ("https", "one-click", "certificate")} == {
                Level.OK
            }
            found = await examined(tools)
            assert found["site.certificate"].level is found["site.one-click"].level is Level.FAILURE
        async with open_with(site={"url": site.url("")}) as tools:
            found = await examined(tools)
            assert found["site.one-click"].level is Level.WARNING, "nobody is mailed yet"
    finally:
        site.close()


@pytest.mark.parametrize(("minutes", "level"), [(0, Level.OK), (5, Level.FAILURE), (-5, Level.FAILURE)])
async def test_the_clock_is_compared(
    open_with: Open, names: NameServer, server: Server, minutes: int, level: Level
) -> None:
    def told(request: Request) -> Answer:
        there = utc_now() + timedelta(minutes=minutes)
        return Answer(status=404, headers={"Date": format_datetime(there, usegmt=True)})

    server.routes["/"] = told
    async with open_with(site={"url": server.url("")}) as tools:
        finding = (await examined(tools))["machine.clock"]
    assert finding.level is level
    assert minutes >= 0 or "fast" in finding.text


async def test_a_full_disk_and_an_old_database_are_failures(
    open_with: Open, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_TOO_LITTLE", 10**18)
    monkeypatch.setattr(machine, "_LITTLE", 10**18)
    monkeypatch.setattr(versions, "MIN_SQLITE", (99,))
    async with open_with() as tools:
        found = await examined(tools)
    assert found["machine.disk"].level is found["database.version"].level is Level.FAILURE


async def test_both_databases_tell_version_and_tables(db: Database) -> None:
    name, version, least = await versions.of(db)
    assert name == {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[db.dialect]
    assert version >= least
