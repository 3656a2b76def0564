"""The SMTP sender against a complete server: every mail arrives, once, as it is, over as few connections as do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from importlib.util import find_spec

import pytest
from pydantic import ValidationError

from digest.errors import SenderBroken, SenderBusy, SenderUnfit
from digest.model import Deferred, Message, Outcome, Refused, Sent
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from tests.helpers.smtp_client import MESSAGE, mail_to, options
from tests.helpers.smtp_server import (
    Certificates,
    SmtpServer,
    serve,
)

LOOPS = [False, True] if find_spec("uvloop") else [False]


async def send_all(sender: Sender, messages: list[Message]) -> list[Outcome]:
    """Send as the delivery engine does: as many calls at once as the sender asks for."""
    waiting, outcomes = list(enumerate(messages)), dict[int, Outcome]()

    async def work() -> None:
        while waiting:
            index, message = waiting.pop(0)
            [outcomes[index]] = await sender.send([message])

    async with asyncio.TaskGroup() as group:
        for _ in range(sender.concurrency):
            group.create_task(work())
    return [outcomes[index] for index in range(len(messages))]


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": uvloop}) for uvloop in LOOPS])
@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelining", "step by step"])
async def test_every_mail_arrives_once_and_unchanged(http: Http, offers: tuple[str, ...]) -> None:
    async with serve(offers=offers) as server:
        sender = Sender(options(server), http)
        recipients = [f"reader{number}@example.org" for number in range(300)]
        outcomes = await send_all(sender, [mail_to(recipient) for recipient in recipients])
        await sender.close()
        assert all(isinstance(outcome, Sent) for outcome in outcomes)
        assert server.recipients == sorted(recipients)
        assert {received.data for received in server.received} == {MESSAGE.data}
        assert {received.sender for received in server.received} == {MESSAGE.sender}
        assert server.connections <= 4 + 300 // 100


@pytest.mark.parametrize("offers", [("PIPELINING",), ()], ids=["pipelining", "step by step"])
async def test_refused_readers_do_not_disturb_the_others(http: Http, offers: tuple[str, ...]) -> None:
    async with serve(offers=offers) as server:
        recipients = [f"reader{number}@example.org" for number in range(60)]
        server.refuse = dict.fromkeys(recipients[::3], "550 5.1.1 no such user")
        server.refuse |= dict.fromkeys(recipients[1::3], "451 4.7.1 come back later")
        sender = Sender(options(server, connections=2), http)
        outcomes = await send_all(sender, [mail_to(recipient) for recipient in recipients])
        await sender.close()
        assert [type(outcome) for outcome in outcomes] == [Refused, Deferred, Sent] * 20
        assert outcomes[0] == Refused("550 5.1.1 no such user", 550, hard=True)
        assert server.recipients == sorted(recipients[2::3])
        assert {received.data for received in server.received} == {MESSAGE.data}


async def test_the_servers_name_for_the_mail_is_kept(http: Http, smtp_server: SmtpServer) -> None:
    sender = Sender(options(smtp_server), http)
    assert await sender.send([MESSAGE]) == [Sent("250 OK queued as T000001", remote_id="T000001")]
    await sender.close()


async def test_lines_that_begin_with_dots_survive(http: Http, smtp_server: SmtpServer) -> None:
    sender = Sender(options(smtp_server), http)
    data = b".first: x\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n"
    await sender.send([replace(MESSAGE, pieces=(data,))])
    await sender.close()
    assert smtp_server.received[0].data == data


@pytest.mark.parametrize("data", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"no end"])
async def test_bytes_that_could_smuggle_a_second_mail_in_are_refused_here(
    http: Http, smtp_server: SmtpServer, data: bytes
) -> None:
    sender = Sender(options(smtp_server), http)
    with pytest.raises(SenderUnfit, match="a line that does not end in CRLF"):
        await sender.send([replace(MESSAGE, pieces=(data,))])
    await sender.close()
    assert not smtp_server.received


@pytest.mark.parametrize("recipient", ["a@x.org>\r\nDATA", "a b@x.org", "", "a@x.org\0"])
async def test_an_address_cannot_smuggle_a_command_in(
    http: Http, smtp_server: SmtpServer, recipient: str
) -> None:
    sender = Sender(options(smtp_server), http)
    [outcome] = await sender.send([replace(MESSAGE, recipient=recipient)])
    await sender.close()
    assert isinstance(outcome, Refused)
    assert not smtp_server.received


async def test_an_address_beyond_ascii_goes_where_it_is_taken(http: Http, smtp_server: SmtpServer) -> None:
    sender = Sender(options(smtp_server), http)
    data = "To: jörg@example.org\r\n\r\nHallo\r\n".encode()
    [outcome] = await sender.send([replace(MESSAGE, recipient="jörg@example.org", pieces=(data,))])
    await sender.close()
    assert isinstance(outcome, Sent)
    assert smtp_server.received[0].recipient == "jörg@example.org"


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": uvloop}) for uvloop in LOOPS])
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_login_over_verified_tls(http: Http, certificates: Certificates, security: str) -> None:
    async with serve(security=security, certificates=certificates, login=("user", "pä ss")) as server:  # type: ignore[arg-type]
        secure = options(
            server,
            host="localhost",
            security=security,
            ca_file=certificates.ca_file,
            username="user",
            password="pä ss",
        )
        sender = Sender(secure, http)
        assert "logged in as user" in await sender.check()
        outcomes = await send_all(sender, [mail_to(f"reader{number}@example.org") for number in range(30)])
        await sender.close()
        assert all(isinstance(outcome, Sent) for outcome in outcomes)
        assert len(server.received) == 30


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_is_not_to_be_trusted_stops_everything(
    http: Http, certificates: Certificates, security: str
) -> None:
    async with serve(security=security, certificates=certificates) as server:  # type: ignore[arg-type]
        sender = Sender(options(server, security=security), http)
        with pytest.raises(SenderBroken, match=r"is not to be trusted .*, so nothing was sent"):
            await sender.send([MESSAGE])
        await sender.close()
        assert not server.received


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_for_another_name_is_not_accepted(
    http: Http, certificates: Certificates, security: str
) -> None:
    another = replace(certificates, server=certificates.elsewhere)
    async with serve(security=security, certificates=another) as server:  # type: ignore[arg-type]
        sender = Sender(options(server, security=security, ca_file=another.ca_file), http)
        with pytest.raises(SenderBroken, match=r"is not to be trusted \(.*mismatch"):
            await sender.send([MESSAGE])
        await sender.close()
        assert server.connections == 1
        assert not server.received


async def test_a_wrong_password_is_for_a_person_to_mend(http: Http) -> None:
    async with serve(login=("user", "right")) as server:
        sender = Sender(options(server, username="user", password="wr0ng-s3cret"), http)
        with pytest.raises(SenderBroken, match="does not accept the login of 'user': 535") as caught:
            await sender.send([MESSAGE])
        await sender.close()
        assert "wr0ng-s3cret" not in str(caught.value)


async def test_nobody_there_is_worth_waiting_for_and_a_wrong_name_is_not(http: Http) -> None:
    sender = Sender(Options(host="127.0.0.1", port=9, security="none"), http)
    with pytest.raises(SenderBusy, match=r"cannot reach 127\.0\.0\.1:9"):
        await sender.send([MESSAGE])
    sender = Sender(Options(host="no..name", port=25, security="none"), http)
    with pytest.raises(SenderBroken, match="there is no host"):
        await sender.send([MESSAGE])


@pytest.mark.parametrize(
    ("given", "port", "security"),
    [
        ({}, 465, "tls"),
        ({"port": 587}, 587, "starttls"),
        ({"port": 465}, 465, "tls"),
        ({"security": "starttls"}, 587, "starttls"),
        ({"security": "none"}, 25, "none"),
        ({"port": "2525"}, 2525, "starttls"),
    ],
)
def test_port_and_security_follow_from_each_other(given: dict[str, object], port: int, security: str) -> None:
    options = Options.model_validate({"host": "smtp.example.org", **given})
    assert (options.port, options.security) == (port, security)


def test_a_password_never_travels_readable_unless_it_is_told_to() -> None:
    plain = {"host": "smtp.example.org", "security": "none", "username": "u", "password": "s3cret"}
    with pytest.raises(ValidationError, match="would send the password readable") as caught:
        Options.model_validate(plain)
    assert "s3cret" not in str(caught.value)
    assert Options.model_validate({**plain, "allow_plain_password": True}).username == "u"
    assert Options.model_validate({**plain, "host": "127.0.0.1"}).username == "u"
