"""Resend: the exam of all senders, its batches, its keys and its limits."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import pytest

from digest.errors import SenderBroken, SenderBusy, SenderError, SenderUnfit
from digest.message import Letterhead, Skeleton
from digest.model import Mail, Message, Recipient, Refused, Sent, Unknown, Unsent
from digest.net.http import Http
from digest.senders.resend import Options, Sender
from tests.helpers.copies import DATE, VALUES
from tests.helpers.servers import Answer, Request, Server
from tests.senders.contract import NOBODY, REFUSED, SECRET, ApiProvider, Exam, Provider, mail_to, mails


class Resend(ApiProvider):
    """As its documentation has it: permissive batches, one result for each idempotency key."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._results: dict[str, Answer] = {}
        server.routes["/emails/batch"] = self.respond
        server.routes["/domains"] = Answer(
            body=json.dumps({"data": [{"name": "news.example.org", "status": "verified"}]})
        )

    def accept(self, request: Request) -> Answer:
        key = request.headers["idempotency-key"]
        if key not in self._results:
            self._results[key] = self._take(json.loads(request.body))
        return self._results[key]

    def _take(self, batch: list[dict[str, Any]]) -> Answer:
        data, errors = [], []
        for index, mail in enumerate(batch):
            address = mail["to"][0].rpartition("<")[2].rstrip(">")
            if address in self.refused:
                errors.append({"index": index, "message": "Invalid `to` field"})
            else:
                self.taken.append(address)
                data.append({"id": f"id-{len(self.taken)}"})
        return Answer(body=json.dumps({"data": data} | ({"errors": errors} if errors else {})))

    def denied(self) -> Answer:
        return Answer(
            status=401, body='{"statusCode":401,"name":"invalid_api_key","message":"API key is invalid"}'
        )

    def throttled(self) -> Answer:
        return Answer(
            status=429, body='{"statusCode":429,"name":"rate_limit_exceeded","message":"Too many requests"}'
        )


@pytest.fixture
def provider(server: Server) -> Resend:
    return Resend(server)


def sender_at(url: str, http: Http, *, patience: float = 30.0) -> Sender:
    options = {"api_key": SECRET, "url": url, "timeout": timedelta(seconds=patience)}
    return Sender(Options.model_validate(options), http)


@pytest.fixture
def sender(server: Server, provider: Resend, http: Http) -> Sender:
    return sender_at(server.url(""), http)


@pytest.fixture
def hasty(server: Server, provider: Resend, http: Http) -> Sender:
    return sender_at(server.url(""), http, patience=1.0)


@pytest.fixture
def unreachable(http: Http) -> Sender:
    return sender_at(f"http://127.0.0.1:{NOBODY}", http)


class TestExam(Exam):
    idempotent = True

    def inspect(self, provider: Provider, message: Message) -> None:
        assert isinstance(provider, Resend)
        request = provider.server.requests[-1]
        assert request.headers["authorization"] == f"Bearer {SECRET}"
        assert request.headers["x-batch-validation"] == "permissive"
        [mail] = json.loads(request.body)
        assert mail == {
            "from": "Tägliche Nachrichten <daily@news.example.org>",
            "to": ["Ada <ada@example.org>"],
            "reply_to": "desk@news.example.org",
            "subject": "Straßenbahn fährt",
            "text": "Größe\n",
            "html": "<p>Größe</p>",
            "headers": {
                "List-Unsubscribe": "<https://news.example.org/u/AAECAwQFBgcICQoLDA0ODw>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "List-Id": "=?utf-8?q?T=C3=A4gliche_Nachrichten?= <daily.news.example.org>",
                "Precedence": "bulk",
            },
        }


async def test_a_retry_has_the_same_key_and_another_batch_another(sender: Sender, provider: Resend) -> None:
    await sender.send(mails(3))
    await sender.send(mails(3))
    await sender.send(mails(2))
    keys = [request.headers["idempotency-key"] for request in provider.server.requests]
    assert keys[0] == keys[1] != keys[2]
    assert max(map(len, keys)) <= 256
    assert len(provider.taken) == 5


async def test_a_batch_that_is_refused_as_a_whole_is_taken_apart(sender: Sender, provider: Resend) -> None:
    def strict(request: Request) -> Answer:
        if any(REFUSED in mail["to"][0] for mail in json.loads(request.body)):
            return Answer(status=422, body='{"name":"validation_error","message":"Invalid `to` field"}')
        return provider.accept(request)

    provider.server.routes["/emails/batch"] = strict
    messages = mails(5)
    messages[3] = mail_to(REFUSED, 3)
    outcomes = await sender.send(messages)
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent, Sent, Refused, Sent]


async def test_what_was_taken_of_a_batch_is_not_forgotten_when_the_rest_has_to_wait(
    sender: Sender, provider: Resend
) -> None:
    def growing_tired(request: Request) -> Answer:
        if len(json.loads(request.body)) > 2:
            return Answer(status=413, body='{"name":"payload_too_large","message":"too much"}')
        return provider.throttled() if provider.taken else provider.accept(request)

    provider.server.routes["/emails/batch"] = growing_tired
    outcomes = await sender.send(mails(4))
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent, Unsent, Unsent]
    assert len(provider.taken) == 2


async def test_a_sender_that_is_not_allowed_burns_no_readers(sender: Sender, provider: Resend) -> None:
    body = '{"name":"validation_error","message":"Invalid `from` field"}'
    provider.server.routes["/emails/batch"] = Answer(status=422, body=body)
    with pytest.raises(SenderBroken, match="Invalid `from` field"):
        await sender.send(mails(4))
    assert len(provider.server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (422, '{"name":"validation_error","message":"Invalid `reply_to` field."}', SenderUnfit),
        (422, '{"name":"missing_required_field","message":"Missing `html` field."}', SenderUnfit),
        (400, '{"name":"validation_error","message":"Your account has been suspended."}', SenderBroken),
        (
            403,
            '{"name":"validation_error","message":"The domain is not verified: write from it"}',
            SenderBroken,
        ),
        (422, '{"name":"validation_error","message":"You exceeded the daily sending limit"}', SenderBusy),
    ],
)
async def test_what_is_said_of_all_mails_burns_no_reader(
    sender: Sender, provider: Resend, status: int, body: str, expected: type[SenderError]
) -> None:
    provider.server.routes["/emails/batch"] = Answer(status=status, body=body)
    for count in (4, 1):
        with pytest.raises(expected):
            await sender.send(mails(count))


async def test_a_field_that_is_wrong_for_all_of_a_batch_is_not_its_readers_fault(
    sender: Sender, provider: Resend
) -> None:
    errors = [{"index": index, "message": "Invalid `reply_to` field"} for index in range(3)]
    body = json.dumps({"data": [], "errors": errors})
    provider.server.routes["/emails/batch"] = Answer(body=body)
    with pytest.raises(SenderUnfit, match="reply_to"):
        await sender.send(mails(3))


async def test_the_word_from_is_no_field(sender: Sender, provider: Resend) -> None:
    answers = [
        Answer(body='{"data": [{"id": "1"}]}'),
        Answer(status=422, body='{"name":"validation_error","message":"Nobody takes mail from us here"}'),
    ]
    provider.server.routes["/emails/batch"] = lambda _: answers.pop(0)
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Sent]
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Refused]


@pytest.mark.parametrize(
    "name",
    [
        "Zürcher Rundschau für Kultur, Gesellschaft und Wirtschaft am Wochenende",
        "Neue Göttinger Abendzeitung und Wörterbuchredaktion (Süd)",
        'Der "Büchner" über Straßenbahnen und anderes Geräusch der Städte',
        "日本語のニュースレターの名前はとても長いので二つに分かれます",
        "Plain Name, Inc.",
    ],
)
async def test_names_arrive_letter_by_letter(sender: Sender, provider: Resend, name: str) -> None:
    quoted = name.replace('"', '\\"')
    letterhead = Letterhead(sender=f'"{quoted}" <daily@news.example.org>', list_name="daily", reply_to="")
    skeleton = Skeleton(
        Mail(subject="x", preheader="", html="<p>x</p>", text="x\n"), letterhead, edition="e", date=DATE
    )
    reader = Recipient(reader_id=1, subscription_id=1, address="ada@example.org", name=name)
    await sender.send([skeleton.message(reader, VALUES)])
    [mail] = json.loads(provider.server.requests[-1].body)
    assert parseaddr(mail["from"]) == (name, "daily@news.example.org")
    assert parseaddr(mail["to"][0]) == (name, "ada@example.org")


async def test_a_key_is_asked_for_where_one_is_needed_and_no_sooner(http: Http) -> None:
    sender = Sender(Options(), http)
    with pytest.raises(SenderBroken, match="`api_key` is missing"):
        await sender.send(mails(1))


async def test_a_used_up_quota_is_waited_for(sender: Sender, provider: Resend) -> None:
    body = '{"name":"daily_quota_exceeded","message":"You have reached your daily email quota"}'
    provider.server.routes["/emails/batch"] = Answer(status=429, body=body)
    with pytest.raises(SenderBusy) as caught:
        await sender.send(mails(1))
    assert caught.value.retry_after == 3600


async def test_requests_wait_for_the_limit_to_be_renewed(sender: Sender, provider: Resend) -> None:
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "1"}
    accept = provider.accept

    def limited(request: Request) -> Answer:
        answer = accept(request)
        return Answer(body=answer.body, headers=headers)

    provider.server.routes["/emails/batch"] = limited
    await sender.send(mails(1))
    await sender.send(mails(2))
    first, second = provider.server.requests
    assert second.at - first.at >= 0.9


async def test_the_same_key_for_other_content_leaves_a_doubt(sender: Sender, provider: Resend) -> None:
    body = (
        '{"name":"invalid_idempotent_request","message":"Same idempotency key used with a different payload"}'
    )
    provider.server.routes["/emails/batch"] = Answer(status=409, body=body)
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Unknown]


@pytest.mark.parametrize(
    "body",
    [
        '{"data": []}',
        '{"data": "x"}',
        "[]",
        '{"data": [{"id": "1"}, {"id": "2"}]}',
        '{"data": [], "errors": [{"index": [0], "message": "no"}]}',
        "null",
    ],
)
async def test_an_answer_that_does_not_add_up_is_a_doubt(sender: Sender, provider: Resend, body: str) -> None:
    provider.server.routes["/emails/batch"] = Answer(body=body)
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Unknown]


async def test_a_key_that_may_only_send_passes_the_check(sender: Sender, provider: Resend) -> None:
    body = '{"statusCode":401,"name":"restricted_api_key","message":"This API key is restricted to only send emails"}'
    provider.server.routes["/domains"] = Answer(status=401, body=body)
    assert "may only send" in await sender.check()


async def test_calls_at_once_keep_their_own_outcomes(sender: Sender, provider: Resend) -> None:
    batches = [mails(3), mails(2), mails(4)]
    results = await asyncio.gather(*(sender.send(batch) for batch in batches))
    assert [len(result) for result in results] == [3, 2, 4]


@pytest.mark.parametrize(
    ("status", "level"),
    [("verified", "ok"), ("pending", "failure"), (None, "failure"), ("restricted", "unknown")],
)
async def test_whether_a_domain_is_verified(
    sender: Sender, provider: Resend, status: str | None, level: str
) -> None:
    listed = [{"name": "News.example.org", "status": status}] if status else []
    provider.server.routes["/domains"] = (
        Answer(status=401, body='{"name":"restricted_api_key","message":"only send"}')
        if status == "restricted"
        else Answer(body=json.dumps({"data": listed}))
    )
    [finding] = await sender.verify(["news.example.org"])
    assert (finding.id, finding.level) == ("sender.domain", level)
