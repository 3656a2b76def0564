"""Amazon SES, API version 2: one request per mail, its bytes as they are; signed with AWS Signature Version 4."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from digest.clock import utc_now
from digest.errors import HttpFailure, SenderBroken, SenderBusy, SenderError
from digest.model import Message, Outcome, Sent, Unknown
from digest.model.findings import Finding, Level
from digest.net.http import Http, Response
from digest.senders import MISSING, SenderOptions, is_empty
from digest.senders._api import in_words, read_object
from digest.senders._http import about_a_mail, about_the_call, raised
from digest.senders._verdicts import Record
from digest.settings import Duration
from digest.settings.addresses import OptionalWebAddress

_NAME = "SES"
_BUSY = frozenset({429, 503})  # 503: nothing was taken


class Options(SenderOptions):
    """An access key that may call ses:SendEmail in a region where the sender's domain is verified."""

    region: str = Field(pattern=r"^[a-z0-9-]+$", description="Such as `eu-west-1`.")
    access_key_id: str = Field(min_length=1, description="Of a user who may call `ses:SendEmail`.")
    secret_access_key: SecretStr = Field(
        SecretStr(""), description="Needed to send; keep it in the environment or in a secret file."
    )
    session_token: SecretStr = Field(SecretStr(""), description="Where the credentials are temporary ones.")
    configuration_set: str = Field("", description="Names where SES reports bounces and complaints to.")
    connections: int = Field(8, ge=1, le=100, description="Requests under way at once.")
    url: OptionalWebAddress = Field(
        "", description="Another address of the service; the region's by default."
    )
    timeout: Duration = Field(timedelta(seconds=30), description="How long to wait for an answer.")

    def lacks(self) -> Iterator[tuple[str, str]]:
        """Yield the secret key if it is not there."""
        if is_empty(self.secret_access_key):
            yield "secret_access_key", MISSING

    @property
    def endpoint(self) -> str:
        return self.url or f"https://email.{self.region}.amazonaws.com"


class Sender:
    """Sends each mail in a request of its own. SES knows no idempotency: a lost answer leaves a mail in doubt."""

    batch_size = 1

    def __init__(self, options: Options, http: Http) -> None:
        self.concurrency = options.connections
        self._options = options
        self._http = http
        self._record = Record()

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send one mail; raises SenderBusy or SenderBroken if SES takes none at all."""
        return [await self._send(message) for message in messages]

    async def check(self) -> str:
        """Ask for the account's limits, send nothing; raises SenderBusy or SenderBroken."""
        answer = await self._account()
        quota = answer.get("SendQuota") or {}
        sandbox = (
            "" if answer.get("ProductionAccessEnabled", True) else ", in the sandbox: verified readers only"
        )
        limits = f"{quota.get('MaxSendRate', '?')} mails/s, {quota.get('Max24HourSend', '?')} a day"
        return f"Amazon SES in {self._options.region}, {limits}{sandbox}"

    async def verify(self, domains: Sequence[str]) -> list[Finding]:
        """Look at the account's limits and each domain's identity, send nothing; raises SenderBusy or SenderBroken."""
        findings = [_limits(await self._account())]
        return [*findings, *[await self._identity(domain) for domain in domains]]

    async def _account(self) -> dict[str, Any]:
        response = await self._look("/v2/email/account")
        if response.status != 200:
            raise _failure(response) or SenderBroken(f"SES does not let us look: {_words(response)}")
        return read_object(response)

    async def _identity(self, domain: str) -> Finding:
        """Look for the identity that covers a domain: its own, or that of a domain above it."""
        names = [name for name in _and_above(domain) if "." in name]
        for name in names:
            response = await self._look(f"/v2/email/identities/{name}")
            if response.status == 200:
                return _verified(domain, name, read_object(response))
            if response.status != 404:
                text = f"SES does not let us look at it (ses:GetEmailIdentity): {_words(response)}"
                return Finding(Level.UNKNOWN, f"domain {domain}", text, id="sender.domain")
        text = f"SES has no identity for it in {self._options.region}: create one with Easy DKIM, and publish its records"
        return Finding(Level.FAILURE, f"domain {domain}", text, id="sender.domain")

    async def _look(self, path: str) -> Response:
        try:
            return await self._call("GET", path)
        except HttpFailure as error:
            raise SenderBusy(str(error)) from error

    async def close(self) -> None:
        """Nothing is open between two calls."""

    async def _send(self, message: Message) -> Outcome:
        try:
            response = await self._call("POST", "/v2/email/outbound-emails", self._request(message))
        except HttpFailure as error:
            if error.sent:
                return Unknown(str(error))
            raise SenderBusy(str(error)) from error
        if response.status == 200:
            self._record.taken = message
            return Sent("accepted by SES", remote_id=str(read_object(response).get("MessageId", "")))
        if response.status >= 500 and response.status not in _BUSY:
            return Unknown(_words(response))
        if failure := _failure(response):
            raise failure
        objection = about_a_mail(
            response.status, _text(response), _words(response), _NAME, message=message, record=self._record
        )
        return raised(objection)

    def _request(self, message: Message) -> bytes:
        request: dict[str, object] = {
            "Destination": {"ToAddresses": [message.recipient]},
            "Content": {"Raw": {"Data": b64encode(message.data).decode("ascii")}},
        }
        if self._options.configuration_set:
            request["ConfigurationSetName"] = self._options.configuration_set
        return json.dumps(request).encode()

    async def _call(self, method: str, path: str, content: bytes = b"") -> Response:
        if reason := self._options.unready:
            raise SenderBroken(reason)
        url = self._options.endpoint + path
        headers = sign(self._options, "ses", method, url, content, utc_now())
        timeout = self._options.timeout.total_seconds()
        return await self._http.request(method, url, headers=headers, content=content, timeout=timeout)


def sign(
    options: Options, service: str, method: str, url: str, content: bytes, now: datetime
) -> dict[str, str]:
    """Return the headers that prove who asks (AWS Signature Version 4); the URL has no query."""
    parts = urlsplit(url)
    headers = {"content-type": "application/json"} if content else {}
    headers |= {"host": parts.netloc, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}
    if token := options.session_token.get_secret_value():
        headers["x-amz-security-token"] = token
    return headers | {
        "authorization": _authorization(options, service, method, parts.path or "/", headers, content)
    }


def _authorization(
    options: Options, service: str, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> str:
    names = ";".join(sorted(headers))
    listed = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = "\n".join([method, path, "", listed, names, sha256(content).hexdigest()])
    stamp = headers["x-amz-date"]
    scope = f"{stamp[:8]}/{options.region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, sha256(request.encode()).hexdigest()])
    key = f"AWS4{options.secret_access_key.get_secret_value()}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={options.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _limits(account: dict[str, Any]) -> Finding:
    def finding(level: Level, text: str) -> Finding:
        return Finding(level, "account", text, id="sender.limits")

    if account.get("SendingEnabled") is False or account.get("EnforcementStatus") == "SHUTDOWN":
        return finding(
            Level.FAILURE, "AWS has stopped this account's mails: see the SES console for the reason"
        )
    if account.get("ProductionAccessEnabled") is False:
        return finding(Level.FAILURE, "it is in the sandbox: request production access in the SES console")
    if account.get("EnforcementStatus", "HEALTHY") != "HEALTHY":
        return finding(
            Level.WARNING, f"AWS has it under review ({account['EnforcementStatus']}): see the SES console"
        )
    return finding(Level.OK, "out of the sandbox")


def _verified(domain: str, name: str, identity: dict[str, Any]) -> Finding:
    """Tell whether SES sends and signs for a domain by the identity of `name`."""

    def finding(level: Level, text: str) -> Finding:
        return Finding(level, f"domain {domain}", f"SES identity {name}: {text}", id="sender.domain")

    if not identity.get("VerifiedForSendingStatus"):
        return finding(
            Level.FAILURE, "not verified: publish the CNAME records that the SES console shows for it"
        )
    dkim = identity.get("DkimAttributes") or {}
    if not dkim.get("SigningEnabled") or dkim.get("Status") != "SUCCESS":
        return finding(
            Level.FAILURE, f"verified, but DKIM is {dkim.get('Status', 'off')}: switch Easy DKIM on"
        )
    return finding(Level.OK, "verified, and SES signs for it")


def _and_above(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _kind(response: Response) -> str:
    """Return the exception's name: a header, or a key of the body, with or without a namespace."""
    named = response.headers.get("x-amzn-errortype") or str(read_object(response).get("__type", ""))
    return named.partition(":")[0].rpartition("#")[2]


def _text(response: Response) -> str:
    """Return what SES says, the exception's name first: some tell more by that than by their words."""
    answer = read_object(response)
    return f"{_kind(response)}: {answer.get('message') or answer.get('Message') or ''}"


def _failure(response: Response) -> SenderError | None:
    return about_the_call(response, _text(response), _words(response), _NAME, busy=_BUSY)


def _words(response: Response) -> str:
    kind = _kind(response)
    words = in_words(response, "message", "Message")
    return f"{words} ({kind})" if kind else words
