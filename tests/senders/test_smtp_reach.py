"""A host with several addresses, of which some lead nowhere; a port that is silent; TLS that does not begin."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import warnings
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import ValidationError

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.model import Sent
from digest.net.http import Http
from digest.senders.smtp import Options, Sender, dial, reach
from digest.senders.smtp.reach import NotReachedError
from tests.helpers.smtp_server import STALL, Certificates, ScriptedServer, Serve
from tests.senders.contract import NOBODY, mails


def sender_for(server: ScriptedServer, http: Http, **more: object) -> Sender:
    options = {"host": server.host, "port": server.port, "security": "none", "timeout": timedelta(seconds=10)}
    return Sender(Options.model_validate({**options, **more}), http)


@pytest.fixture
def full() -> Iterator[tuple[str, int]]:
    """An address that takes no connection and does not refuse one: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.2", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        yield address
        for one in waiting:
            one.close()


def name(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]
) -> None:
    """Let every name lead to these addresses."""

    async def found(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    monkeypatch.setattr(reach, "_look_up", found)


async def test_the_next_address_does_not_wait_for_one_that_leads_nowhere(
    scripted: Serve, full: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, loop = await scripted(), asyncio.get_running_loop()
    name(loop, monkeypatch, full, (server.host, server.port))
    begun = loop.time()
    connection = await reach.reach("two.example.org", server.port, 10)
    connection.close()
    assert connection.family is socket.AF_INET
    assert 0.2 < loop.time() - begun < 3


async def test_the_reason_names_every_address(full: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    name(asyncio.get_running_loop(), monkeypatch, full, ("127.0.0.1", NOBODY))
    with pytest.raises(NotReachedError, match=r"127\.0\.0\.2: no answer, 127\.0\.0\.1: connection refused"):
        await reach.reach("two.example.org", NOBODY, 0.6)


async def test_what_refuses_gives_way_at_once(scripted: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server, loop = await scripted(), asyncio.get_running_loop()
    name(loop, monkeypatch, *[("127.0.0.1", NOBODY)] * 1, (server.host, server.port))
    begun = loop.time()
    (await reach.reach("two.example.org", server.port, 10)).close()
    assert loop.time() - begun < 0.2


async def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(*_: object) -> list[tuple[object, ...]]:
        six = [(socket.AF_INET6, 1, 6, "", (f"::{number}", 25, 0, 0)) for number in (1, 2, 3)]
        return [*six, (socket.AF_INET, 1, 6, "", ("127.0.0.1", 25))]

    monkeypatch.setattr(reach, "_look_up", found)
    order = [address[1][0] for address in await reach.addresses("x", 25)]
    assert order == ["::1", "127.0.0.1", "::2", "::3"]


async def test_a_proxy_that_is_not_used_is_said(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    sender = Sender(Options(host="127.0.0.1", port=NOBODY, security="none"), http)
    with pytest.raises(SenderBusy, match=r"cannot reach 127.0.0.1:9 .*ALL_PROXY is set, but SMTP"):
        await sender.check()


# --- a port that is silent -----------------------------------------------------------------------------------


async def test_a_port_that_does_not_greet_is_told_of_while_it_is_waited_for(
    scripted: Serve, http: Http, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial, "_NOTICE", 0.1)
    server = await scripted(script={"greeting": STALL})
    sender = sender_for(server, http, timeout=timedelta(seconds=0.5))
    with pytest.raises(SenderBusy, match=r'sends no greeting: if it is a TLS port .*security = "tls"'):
        await sender.check()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "accepts connections but sends no greeting" in caplog.text


async def test_a_port_that_never_greeted_is_not_waited_for_as_long_as_one_that_did(
    scripted: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await scripted(script={"greeting": ["220 hello", STALL]})
    sender = Sender(Options(host=server.host, port=server.port, security="none"), http)
    assert sender.patience_for_greeting == 30
    await sender.check()
    assert sender.patience_for_greeting == 300


# --- TLS -------------------------------------------------------------------------------------------------------


async def test_a_server_of_old_is_named_in_words(http: Http, certificates: Certificates) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1
    certificates.authority.issue_cert("localhost").configure_cert(old)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=old)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(Options(host="localhost", port=port, security="tls", ca_file=certificates.ca_file), http)
    with pytest.raises(SenderError, match=r"version of TLS that is no longer safe \(1\.0 or 1\.1"):
        await sender.check()
    server.close()


async def test_who_hangs_up_where_tls_should_begin_is_named(http: Http) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.transport.abort(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(Options(host="127.0.0.1", port=port, security="tls"), http)
    with pytest.raises(SenderBusy, match=r"hung up where TLS should begin: check `port` and `security`"):
        await sender.check()
    server.close()


@pytest.mark.parametrize(
    "more",
    [b"250-injected\r\n250 AUTH PLAIN\r\n235 ok\r\n", b"250 x\r\n", b"25", b"220 a\r\n220 b\r\n220 c\r\n"],
)
async def test_what_is_said_where_tls_should_begin_ends_it_without_noise(
    scripted: Serve,
    http: Http,
    caplog: pytest.LogCaptureFixture,
    certificates: Certificates,
    more: bytes,
) -> None:
    caplog.set_level(logging.DEBUG)
    server = await scripted(
        offers=["STARTTLS"], script={"starttls": b"220 go\r\n" + more}, tls=certificates.server
    )
    sender = sender_for(server, http, security="starttls", username="u", password="open-sesame")
    with pytest.raises(SenderBroken, match="tampering"):
        await sender.check()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [command.split()[0] for command in server.commands] == ["EHLO", "STARTTLS"]


# --- what the configuration says -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"port": 465, "security": "starttls"}, 'set security = "tls"'),
        ({"port": 465, "security": "none"}, 'set security = "tls"'),
        ({"port": 587, "security": "tls"}, 'set security = "starttls"'),
        ({"proxy": "socks5://x"}, "a proxy is not supported"),
        ({"socks_proxy": "x"}, "a proxy is not supported"),
    ],
)
def test_what_cannot_work_is_said_when_the_configuration_is_read(
    options: dict[str, object], expected: str
) -> None:
    with pytest.raises(ValidationError, match=expected):
        Options.model_validate({"host": "smtp.example.org", **options})


async def test_a_password_is_asked_for_where_one_is_needed_and_no_sooner(scripted: Serve, http: Http) -> None:
    server = await scripted()
    sender = sender_for(server, http, username="paper")
    with pytest.raises(SenderBroken, match="`password` is missing"):
        await sender.send(mails(1))
    assert not server.commands


# --- ways to log in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "offers",
    [
        ["AUTH PLAIN", "AUTH NTLM GSSAPI"],
        ["AUTH=CRAM-MD5", "AUTH PLAIN"],
        ["auth=plain login", "8bitmime"],
        ["Auth NTLM", "AUTH=PLAIN"],
    ],
)
async def test_all_lines_of_auth_count(scripted: Serve, http: Http, offers: list[str]) -> None:
    sender = sender_for(await scripted(offers=offers), http, username="u", password="p")
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Sent]
    await sender.close()


async def test_cram_md5_is_named_as_not_supported(scripted: Serve, http: Http) -> None:
    sender = sender_for(await scripted(offers=["AUTH CRAM-MD5"]), http, username="u", password="p")
    with pytest.raises(SenderBroken, match="it offers: CRAM-MD5, which is not supported"):
        await sender.check()


async def test_a_quota_told_at_the_login_is_waited_for(scripted: Serve, http: Http) -> None:
    server = await scripted(offers=["AUTH PLAIN"], script={"auth": "535 5.7.0 daily quota exceeded"})
    sender = sender_for(server, http, username="u", password="p")
    with pytest.raises(SenderBusy) as caught:
        await sender.check()
    assert caught.value.retry_after == 3600
