"""Amazon SES: the exam of all senders, its signature, and what its errors mean."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from digest.errors import SenderBroken, SenderBusy, SenderError, SenderUnfit
from digest.model import Message, Unknown, Unsent
from digest.net.http import Http
from digest.senders.ses import Options, Sender, sign
from tests.helpers.servers import Answer, Request, Server
from tests.senders.contract import NOBODY, SECRET, ApiProvider, Exam, Provider, mails

SEND, ACCOUNT = "/v2/email/outbound-emails", "/v2/email/account"


def error(status: int, kind: str, message: str) -> Answer:
    return Answer(status=status, body=json.dumps({"message": message}), headers={"x-amzn-ErrorType": kind})


class Ses(ApiProvider):
    def __init__(self, server: Server) -> None:
        super().__init__(server)
        server.routes[SEND] = self.respond
        quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 1.0}
        server.routes[ACCOUNT] = Answer(
            body=json.dumps({"SendQuota": quota, "ProductionAccessEnabled": False})
        )

    def accept(self, request: Request) -> Answer:
        [address] = json.loads(request.body)["Destination"]["ToAddresses"]
        if address in self.refused:
            return error(400, "BadRequestException", "Local address contains control or whitespace")
        self.taken.append(address)
        return Answer(body=json.dumps({"MessageId": f"0100-{len(self.taken)}"}))

    def denied(self) -> Answer:
        said = "The request signature we calculated does not match the signature you provided."
        heard = f"The Canonical String for this request should have been\n'POST\nx-amz-security-token:token-{SECRET}"
        return error(403, "InvalidSignatureException:http://internal.amazon.com/", f"{said}\n\n{heard}")

    def throttled(self) -> Answer:
        return error(429, "TooManyRequestsException", "Too many requests")


@pytest.fixture
def provider(server: Server) -> Ses:
    return Ses(server)


def sender_at(url: str, http: Http, *, patience: float = 30.0) -> Sender:
    options = {
        "region": "eu-west-1",
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": SECRET,
        "session_token": f"token-{SECRET}",
        "configuration_set": "news",
        "url": url,
        "timeout": timedelta(seconds=patience),
    }
    return Sender(Options.model_validate(options), http)


@pytest.fixture
def sender(server: Server, provider: Ses, http: Http) -> Sender:
    return sender_at(server.url(""), http)


@pytest.fixture
def hasty(server: Server, provider: Ses, http: Http) -> Sender:
    return sender_at(server.url(""), http, patience=1.0)


@pytest.fixture
def unreachable(http: Http) -> Sender:
    return sender_at(f"http://127.0.0.1:{NOBODY}", http)


class TestExam(Exam):
    def inspect(self, provider: Provider, message: Message) -> None:
        assert isinstance(provider, Ses)
        request = provider.server.requests[-1]
        content = json.loads(request.body)
        assert b64decode(content["Content"]["Raw"]["Data"]) == message.data
        assert content["Destination"] == {"ToAddresses": [message.recipient]}
        assert content["ConfigurationSetName"] == "news"
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
        assert (
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token"
            in request.headers["authorization"]
        )


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_the_signature_is_that_of_the_published_examples(method: str, signature: str) -> None:
    options = Options(
        region="us-east-1",
        access_key_id="AKIDEXAMPLE",
        secret_access_key=SecretStr("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    )
    now = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    headers = sign(options, "service", method, "https://example.amazonaws.com/", b"", now)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            error(400, "MessageRejected", "Email address is not verified. The following identities failed"),
            SenderBroken,
        ),
        (error(400, "MessageRejected", "Transaction failed: Expected disposition, integrated"), SenderUnfit),
        (error(413, "RequestTooLarge", "too large"), SenderUnfit),
        (error(400, "AccountSuspendedException", "suspended"), SenderBroken),
        (error(400, "MessageRejected", "Sending suspended for this account."), SenderBroken),
        (error(400, "MessageRejected", "Message length is more than 10485760 bytes long"), SenderUnfit),
        (error(400, "MessageRejected", "Sending paused for this account."), SenderBroken),
        (error(400, "LimitExceededException", "too many"), SenderBusy),
        (error(400, "SendingPausedException", "paused"), SenderBroken),
        (error(400, "MailFromDomainNotVerifiedException", "not verified"), SenderBroken),
        (error(404, "NotFoundException", "Configuration set <news> does not exist."), SenderBroken),
        (error(400, "ThrottlingException", "Maximum sending rate exceeded."), SenderBusy),
        (error(400, "MessageRejected", "Daily message quota exceeded."), SenderBusy),
        (error(503, "ServiceUnavailable", "later"), SenderBusy),
        (error(500, "InternalFailure", "oops"), Unknown),
    ],
)
async def test_what_errors_mean(sender: Sender, provider: Ses, answer: Answer, expected: type) -> None:
    provider.server.routes[SEND] = answer
    if issubclass(expected, SenderError):
        with pytest.raises(expected):
            await sender.send(mails(1))
    else:
        assert [type(outcome) for outcome in await sender.send(mails(1))] == [expected]


async def test_an_objection_without_a_name_is_the_mails_if_two_readers_meet_it(
    sender: Sender, provider: Ses
) -> None:
    answer = error(400, "BadRequestException", "Missing final '@domain'")
    provider.server.routes[SEND] = answer
    assert [type(outcome) for outcome in await sender.send(mails(1))] == [Unsent]
    with pytest.raises(SenderUnfit, match="@domain"):
        await sender.send(mails(1))


async def test_a_secret_is_asked_for_where_one_is_needed_and_no_sooner(http: Http) -> None:
    sender = Sender(Options(region="eu-west-1", access_key_id="A"), http)
    with pytest.raises(SenderBroken, match="`secret_access_key` is missing"):
        await sender.check()


async def test_check_tells_the_accounts_limits(sender: Sender) -> None:
    assert await sender.check() == (
        "Amazon SES in eu-west-1, 14.0 mails/s, 50000.0 a day, in the sandbox: verified readers only"
    )


IDENTITY = "/v2/email/identities/"
SIGNED = {"VerifiedForSendingStatus": True, "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"}}


@pytest.mark.parametrize(
    ("identities", "level", "words"),
    [
        ({"news.example.org": SIGNED}, "ok", "SES signs for it"),
        ({"example.org": SIGNED}, "ok", "SES identity example.org"),  # a domain above covers it
        ({"example.org": SIGNED | {"VerifiedForSendingStatus": False}}, "failure", "not verified"),
        ({"example.org": SIGNED | {"DkimAttributes": {"Status": "PENDING"}}}, "failure", "DKIM is PENDING"),
        ({}, "failure", "no identity"),
    ],
)
async def test_the_identity_of_a_domain_is_looked_at(
    sender: Sender, provider: Ses, identities: dict[str, Any], level: str, words: str
) -> None:
    for name in ("news.example.org", "example.org"):
        provider.server.routes[IDENTITY + name] = (
            Answer(body=json.dumps(identities[name]))
            if name in identities
            else error(404, "NotFoundException", "no such identity")
        )
    sandbox, domain = await sender.verify(["news.example.org"])
    assert (sandbox.id, sandbox.level) == ("sender.limits", "failure")
    assert (domain.id, domain.level) == ("sender.domain", level)
    assert words in domain.text


async def test_a_key_that_may_not_ask_for_identities_is_no_fault(sender: Sender, provider: Ses) -> None:
    provider.server.routes[f"{IDENTITY}news.example.org"] = error(
        403, "AccessDeniedException", "not authorized"
    )
    [_, domain] = await sender.verify(["news.example.org"])
    assert domain.level == "unknown"
    assert "ses:GetEmailIdentity" in domain.text
