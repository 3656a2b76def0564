"""/hooks/NAME over real HTTP: stored before the service hears "ok", acted on once, refused without a trace."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from digest import plugins
from digest.app import open_tools
from digest.errors import SourceUnreachable
from digest.feedback.hooks import HookRequest
from digest.model import EventType, SubscriptionStatus
from digest.pipeline import feedback
from digest.settings import DatabaseSettings, HookSettings, Settings
from digest.store.feedback import events
from digest.store.people import readers, suppressions
from digest.tools import Tools
from digest.web.app import create_app
from digest.web.hooks.receiver import BODY_LIMIT_BYTES, HookReceiver
from digest.web.server.serve import serve
from tests.feedback.hooks.test_hooks import BOUNCE
from tests.helpers.ledger import add_readers
from tests.helpers.webhooks import CERTIFICATE_URL, CONFIRM_URL, NOW, URL, certificate, options, signed, sns
from tests.pipeline.test_feedback import sent_edition

KINDS = plugins.kinds("feedback.hooks")
MORE = {"mandrill": {"url": URL}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    tools: Tools
    client: httpx.AsyncClient

    async def send(self, hook: str, request: HookRequest) -> int:
        answer = await self.client.post(f"/hooks/{hook}", content=request.body, headers=dict(request.headers))
        return answer.status_code


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Service]:
    hooks = tuple(HookSettings(kind=kind, options=options(kind, **MORE.get(kind, {}))) for kind in KINDS)
    settings = Settings(database=DatabaseSettings(url=url), hooks=hooks)
    async with open_tools(settings, clock=lambda: NOW) as tools:
        await add_readers(tools.db, 3)
        await sent_edition(tools, "2026-03-02T07:00", NOW)
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield Service(tools=tools, client=client)


def bounce(kind: str, address: str, remote_id: str) -> HookRequest:
    body = json.dumps(BOUNCE[kind]).replace("r@example.org", address).replace("m1", remote_id)
    return signed(kind, body.encode())


async def addresses(tools: Tools) -> list[str]:
    return sorted([one.address async for one in readers.list_(tools.db, "daily")])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ses"])
async def test_a_report_is_stored_once_and_acted_on(kind: str, sqlite_url: str) -> None:
    async with running(sqlite_url) as service:
        address = (await addresses(service.tools))[0]
        request = bounce(kind, address, "elsewhere")
        assert await service.send(kind, request) == 200
        assert await service.send(kind, request) == 200  # the service had not heard us
        (stored,) = await events.list_(service.tools.db)
        assert (stored.sender, stored.event.type, stored.effect) == (kind, EventType.BOUNCED, "")
        await feedback.process(service.tools)
        (stored,) = await events.list_(service.tools.db)
        assert stored.effect == "suppressed"
        assert [one.key async for one in suppressions.list_(service.tools.db)] == [address]


async def test_a_late_delivered_does_not_take_a_complaint_back(db_url: str) -> None:
    async with running(db_url) as service:
        address = (await addresses(service.tools))[0]
        told: list[dict[str, Any]] = [
            {"RecordType": "SpamComplaint", "ID": 1, "Email": address},
            {
                "RecordType": "Delivery",
                "MessageID": "m",
                "Recipient": address,
                "DeliveredAt": "2026-03-02T07:59:00Z",
            },
            {"RecordType": "SomethingNew", "Recipient": address},
            {"RecordType": "SpamComplaint", "ID": 2, "Email": "stranger@example.org"},
        ]
        for one in told:
            assert await service.send("postmark", signed("postmark", json.dumps(one).encode())) == 200
        await feedback.process(service.tools)
        effects = [one.effect for one in reversed(await events.list_(service.tools.db))]
        assert effects[0] == "unsubscribed from everything, and suppressed for good"
        assert effects[1:3] == ["noted", "noted"]
        assert "nobody is touched" in effects[3]
        assert len([one async for one in suppressions.list_(service.tools.db)]) == 1
        found = {one.address: one.status async for one in readers.list_(service.tools.db, "daily")}
        assert found[address] is SubscriptionStatus.UNSUBSCRIBED


async def test_what_is_not_proven_not_known_or_too_large_leaves_nothing(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(sqlite_url) as service:
        right = signed(
            "postmark", b'{"RecordType": "SpamComplaint", "ID": 1, "Email": "secret.reader@example.org"}'
        )
        forged = HookRequest(
            headers={"authorization": "Basic c2VjcmV0OnBhc3N3b3Jk"}, body=right.body, now=NOW
        )
        with caplog.at_level(logging.DEBUG):
            assert await service.send("postmark", forged) == 401
            assert await service.send("postmark", forged) == 401
            assert await service.send("nothere", right) == 404
            garbage = signed("postmark", b"{")
            assert await service.send("postmark", garbage) == 400
            large = signed("postmark", b'"' + b"x" * BODY_LIMIT_BYTES + b'"')
            assert await service.send("postmark", large) == 413
            assert (await service.client.get("/hooks/postmark")).status_code == 200
            assert (await service.client.delete("/hooks/postmark")).status_code == 405
            assert (await service.client.get("/hooks/nothere")).status_code == 404
        assert await events.list_(service.tools.db) == []
        said = [one.getMessage() for one in caplog.records if one.name.startswith("digest")]
        assert len(said) == 1  # one line a minute, however many there are
        assert "secret" not in said[0].removeprefix(
            "webhook postmark: a request was refused: no secret, or not ours"
        )
        answer = await service.client.post("/hooks/postmark", content=b"{}")
        assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_report_of_many_events_is_larger_than_a_form(sqlite_url: str) -> None:
    async with running(sqlite_url) as service:
        batch = [
            {"event": "delivered", "email": f"r{n}@example.org", "sg_event_id": f"e{n}"} for n in range(2000)
        ]
        body = json.dumps(batch).encode()
        assert 64_000 < len(body) < BODY_LIMIT_BYTES
        assert await service.send("sendgrid", signed("sendgrid", body)) == 200
        assert len(await events.list_(service.tools.db, limit=5000)) == 2000


async def test_without_the_database_the_service_is_told_to_come_again(sqlite_url: str) -> None:
    async with running(sqlite_url) as service:
        async with service.tools.db.begin() as conn:
            await conn.execute(text("ALTER TABLE event RENAME TO gone"))
        answer = await service.send("postmark", signed("postmark", b'{"RecordType": "Open"}'))
        assert answer >= 500


class Amazon:
    """What the receiver fetches from SNS."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if self.away:
            raise SourceUnreachable("no answer")
        return certificate() if url == CERTIFICATE_URL else b"<ok/>"


async def test_ses_is_proven_by_a_certificate_that_is_fetched_once(sqlite_url: str) -> None:
    settings = Settings(
        database=DatabaseSettings(url=sqlite_url), hooks=(HookSettings(kind="ses", options=options("ses")),)
    )
    async with open_tools(settings, clock=lambda: NOW) as tools:
        amazon = Amazon()
        app = Starlette(routes=HookReceiver(tools, amazon).routes())
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def post(body: bytes) -> int:
                return (await client.post("/hooks/ses", content=body)).status_code

            amazon.away = True
            message = str(BOUNCE["ses"]["Message"])
            assert await post(sns(message)) == 503  # SNS comes again
            assert await post(sns(message)) == 503
            assert amazon.asked == [CERTIFICATE_URL]  # and not asked for again at once
            amazon.away = False
            forged = sns(message).replace(b"r@example.org", b"s@example.org")
            other = CERTIFICATE_URL.replace("0123", "4567")
            assert await post(sns(message, SigningCertURL=other)) == 401  # a page that is no certificate
            confirm = sns("c", Type="SubscriptionConfirmation", Token="t", SubscribeURL=CONFIRM_URL)
            assert CONFIRM_URL not in amazon.asked
            fresh = HookReceiver(tools, amazon)
            app.router.routes[:] = fresh.routes()
            assert await post(confirm) == 200
            assert amazon.asked[-2:] == [CERTIFICATE_URL, CONFIRM_URL]
            assert await post(sns(message)) == 200
            assert await post(forged) == 401
            assert amazon.asked[-1] == CONFIRM_URL
        assert [one.sender for one in await events.list_(tools.db)] == ["ses"]
