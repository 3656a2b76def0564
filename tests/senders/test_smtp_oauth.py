"""XOAUTH2: tokens are asked for when they are needed, kept while they are good, and shown to nobody."""

from __future__ import annotations

import json
from base64 import b64decode
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from digest.errors import SenderBroken, SenderBusy
from digest.model import Sent
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.senders.smtp.oauth import OAuth
from tests.helpers.servers import Answer, Server
from tests.helpers.smtp_server import ScriptedServer, Serve
from tests.senders.contract import SECRET, mails

XOAUTH2 = ["PIPELINING", "AUTH PLAIN XOAUTH2"]


def sender_for(smtp: ScriptedServer, http: Http, server: Server) -> Sender:
    oauth = {
        "token_url": server.url("/token"),
        "client_id": "client",
        "client_secret": SECRET,
        "refresh_token": f"refresh-{SECRET}",
    }
    given = {
        "host": smtp.host,
        "port": smtp.port,
        "security": "none",
        "username": "a@example.org",
        "oauth": oauth,
    }
    return Sender(Options.model_validate({**given, "messages_per_connection": 1, "connections": 1}), http)


def token(name: str, lifetime: int = 3600) -> Answer:
    return Answer(body=json.dumps({"access_token": name, "expires_in": lifetime, "token_type": "Bearer"}))


async def test_a_token_logs_in_and_is_kept_while_it_is_good(
    scripted: Serve, http: Http, server: Server
) -> None:
    server.routes["/token"] = token("ya29.abc")
    smtp = await scripted(offers=XOAUTH2)
    sender = sender_for(smtp, http, server)
    assert [type((await sender.send(mails(1)))[0]) for _ in range(3)] == [Sent] * 3
    await sender.close()
    logins = [
        command.removeprefix("AUTH XOAUTH2 ") for command in smtp.commands if command.startswith("AUTH")
    ]
    assert [b64decode(login) for login in logins] == [b"user=a@example.org\1auth=Bearer ya29.abc\1\1"] * 3
    [request] = server.requests
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["client"],
        "client_secret": [SECRET],
        "refresh_token": [f"refresh-{SECRET}"],
    }


async def test_a_token_about_to_run_out_is_renewed(scripted: Serve, http: Http, server: Server) -> None:
    server.routes["/token"] = token("short", lifetime=30)
    sender = sender_for(await scripted(offers=XOAUTH2), http, server)
    for _ in range(2):
        await sender.send(mails(1))
    await sender.close()
    assert len(server.requests) == 2


@pytest.mark.parametrize("lifetime", ['"soon"', "[]", "NaN", "Infinity", "1" + "0" * 400, "null"])
async def test_a_lifetime_that_is_none_is_taken_for_the_usual(
    scripted: Serve, http: Http, server: Server, lifetime: str
) -> None:
    server.routes["/token"] = Answer(body=f'{{"access_token": "ya29.abc", "expires_in": {lifetime}}}')
    sender = sender_for(await scripted(offers=XOAUTH2), http, server)
    for _ in range(2):
        assert [type(outcome) for outcome in await sender.send(mails(1))] == [Sent]
    await sender.close()
    assert len(server.requests) == 1


def test_secrets_go_to_a_token_endpoint_encrypted() -> None:
    given = {"client_id": "c", "refresh_token": SECRET}
    for good in ("https://x.example/token", "http://localhost:8080/token", "http://[::1]/token"):
        assert OAuth.model_validate({**given, "token_url": good}).token_url == good
    for bad in ("http://x.example/token", "HTTP://x.example", "http://localhost.x.example/", "http:///token"):
        with pytest.raises(ValidationError, match=r"readable over the network|match pattern") as caught:
            OAuth.model_validate({**given, "token_url": bad})
        assert SECRET not in str(caught.value)


async def test_a_token_that_is_not_accepted_is_not_tried_again(
    scripted: Serve, http: Http, server: Server
) -> None:
    server.routes["/token"] = token("stale")
    smtp = await scripted(offers=XOAUTH2, script={"auth": "334 eyJzdGF0dXMiOiI0MDAifQ==", "": "535 5.7.8 no"})
    sender = sender_for(smtp, http, server)
    for _ in range(2):
        with pytest.raises(SenderBroken, match=r"does not accept the login of 'a@example\.org': 535"):
            await sender.send(mails(1))
    await sender.close()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(status=400, body='{"error": "invalid_grant"}'), SenderBroken),
        (Answer(status=503, body="<html>"), SenderBusy),
        (Answer(body="<html>"), SenderBroken),
        (Answer(raw=b""), SenderBusy),
        (Answer(body="[" * 200_000), SenderBroken),
    ],
)
async def test_no_token_no_mail(
    scripted: Serve, http: Http, server: Server, answer: Answer, expected: type[Exception]
) -> None:
    server.routes["/token"] = answer
    smtp = await scripted(offers=XOAUTH2)
    sender = sender_for(smtp, http, server)
    with pytest.raises(expected, match="no access token for SMTP") as caught:
        await sender.send(mails(1))
    await sender.close()
    assert SECRET not in str(caught.value)
    assert smtp.connections == 0


async def test_a_server_without_xoauth2_is_said(scripted: Serve, http: Http, server: Server) -> None:
    server.routes["/token"] = token("x")
    sender = sender_for(await scripted(offers=["AUTH PLAIN"]), http, server)
    with pytest.raises(SenderBroken, match=r"no way to log in that we know \(XOAUTH2\); it offers: PLAIN"):
        await sender.send(mails(1))
    await sender.close()


def test_oauth_needs_an_account() -> None:
    oauth = {"token_url": "https://x.example/token", "client_id": "c", "refresh_token": SECRET}
    with pytest.raises(ValidationError, match="needs `username`") as caught:
        Options.model_validate({"host": "smtp.example.org", "oauth": oauth})
    assert SECRET not in str(caught.value)
