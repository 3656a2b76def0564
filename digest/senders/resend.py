"""Resend (resend.com): batches of up to 100 mails. Its idempotency keys close the window in which a mail is in doubt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from pydantic import Field, SecretStr

from digest.errors import HttpFailure, SenderBroken, SenderBusy, SenderError
from digest.model import Message, Outcome, Sent, Unknown, Unsent
from digest.model.findings import Finding, Level
from digest.net.http import Http, Response
from digest.senders import MISSING, SenderOptions, SendResult, is_empty
from digest.senders._api import in_words, read_object, take_apart
from digest.senders._http import about_a_mail, about_the_call, raised, settled
from digest.senders._verdicts import Record
from digest.settings import Duration
from digest.settings.addresses import WebAddress

_TRIES = 3  # of the same request with the same key, while its answer is in doubt
_PAUSE = 0.5  # seconds before such another try
_NAME = "Resend"


class Options(SenderOptions):
    """The key from resend.com/api-keys; the sender's domain must be verified there."""

    api_key: SecretStr = Field(
        SecretStr(""), description="Needed to send; keep it in the environment or in a secret file."
    )
    url: WebAddress = Field("https://api.resend.com", description="Address of the API.")
    timeout: Duration = Field(timedelta(seconds=30), description="How long to wait for an answer.")

    def lacks(self) -> Iterator[tuple[str, str]]:
        """Yield the key if it is not there."""
        if is_empty(self.api_key):
            yield "api_key", MISSING


class _InDoubtError(Exception):
    """The answer does not tell whether the batch was taken; asking again with the same key will."""


class Sender:
    """Sends batches, one after the other: the limit is on requests, not on mails."""

    batch_size = 100
    concurrency = 1
    idempotent_for = timedelta(hours=24)

    def __init__(self, options: Options, http: Http) -> None:
        self._options = options
        self._http = http
        self._resume_at = 0.0  # in the event loop's time
        self._record = Record()

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send a batch; raises SenderBusy or SenderBroken if the provider takes none of it."""
        content = await asyncio.to_thread(_batch, messages)
        doubt = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE)
            try:
                response = await self._request("POST", "/emails/batch", content, key=self.call_key(messages))
                return await self._outcomes(response, messages)
            except _InDoubtError as error:
                doubt = str(error)
            except SenderError as error:
                if not doubt:
                    raise
                doubt = f"{doubt}; then {error}"
        return [Unknown(doubt)] * len(messages)

    def call_key(self, messages: Sequence[Message]) -> str:
        """Return the same key for the same mails to the same readers, within Resend's 256 characters."""
        return "digest-" + sha256("\n".join(message.key for message in messages).encode()).hexdigest()

    async def check(self) -> str:
        """Ask for the account's domains, send nothing; raises SenderBusy or SenderBroken."""
        domains = [f"{name} ({status})" for name, status in (await self._domains() or {}).items()]
        return (
            f"Resend, domains: {', '.join(domains)}" if domains else "Resend, with a key that may only send"
        )

    async def verify(self, domains: Sequence[str]) -> list[Finding]:
        """Look whether each domain is verified, send nothing; raises SenderBusy or SenderBroken."""
        known = await self._domains()
        return [_verified(domain, known) for domain in domains]

    async def _domains(self) -> dict[str, str] | None:
        """Return the account's domains with their status; None where the key may not ask."""
        try:
            response = await self._request("GET", "/domains")
        except _InDoubtError as error:
            raise SenderBusy(str(error)) from error
        answer = read_object(response)
        if answer.get("name") == "restricted_api_key":
            return None
        if response.status != 200:
            raise _failure(response) or SenderBroken(f"Resend does not let us look: {_words(response)}")
        listed = [item for item in answer.get("data") or [] if isinstance(item, dict)]
        return {str(item.get("name", "")).lower(): str(item.get("status")) for item in listed}

    async def close(self) -> None:
        """Nothing is open between two calls."""

    async def _outcomes(self, response: Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read which readers were taken and which were not; raises SenderError or _InDoubtError if it was all or none."""
        if response.status == 200:
            return self._each(response, messages)
        if error := _failure(response):
            raise error
        text, said = _text(response), _words(response)
        objection = self._about(messages[0], response.status, text, said)
        if isinstance(objection, SenderError) and response.status != 413:
            raise objection
        if len(messages) > 1:  # find the mail that spoils the batch
            return await self._send_halves(messages)
        return [raised(objection)]

    async def _send_halves(self, messages: Sequence[Message]) -> list[Outcome]:
        middle = len(messages) // 2
        first = await self.send(messages[:middle])
        try:
            return [*first, *await self.send(messages[middle:])]
        except SenderError as error:  # what became of the first half must not be lost with it
            return [*first, *[Unsent(str(error))] * (len(messages) - middle)]

    def _each(self, response: Response, messages: Sequence[Message]) -> list[Outcome]:
        """Read what became of each mail of a batch."""
        taken, refused = _accounts(response, len(messages))
        verdicts: list[SendResult] = []
        for index, message in enumerate(messages):
            if index not in refused and isinstance(item := next(taken, None), dict):
                self._record.taken = message
                verdicts.append(Sent("accepted by Resend", remote_id=str(item.get("id", ""))))
            else:
                verdicts.append(Unknown(f"{_words(response)}: no word about this mail"))
        for index, text in refused.items():
            verdicts[index] = self._about(messages[index], 422, text, text)
        none_taken = not any(isinstance(one, Sent | Unknown) for one in verdicts)
        if none_taken and (error := next((one for one in verdicts if isinstance(one, SenderError)), None)):
            raise error
        return [settled(one) for one in verdicts]

    def _about(self, message: Message, status: int, text: str, said: str) -> SendResult:
        return about_a_mail(status, text, said, _NAME, message=message, record=self._record)

    async def _request(self, method: str, path: str, content: bytes = b"", *, key: str = "") -> Response:
        """Call the API when its limit allows; raises SenderBusy if nothing can have arrived, else _InDoubtError."""
        if reason := self._options.unready:
            raise SenderBroken(reason)
        loop = asyncio.get_running_loop()
        if (wait := self._resume_at - loop.time()) > 0:
            await asyncio.sleep(wait)
        headers = {
            "Authorization": f"Bearer {self._options.api_key.get_secret_value()}",
            "Content-Type": "application/json",
            "X-Batch-Validation": "permissive",  # one bad address is no reason to send none
        } | ({"Idempotency-Key": key} if key else {})
        timeout = self._options.timeout.total_seconds()
        try:
            response = await self._http.request(
                method, self._options.url + path, headers=headers, content=content, timeout=timeout
            )
        except HttpFailure as error:
            raise (_InDoubtError if error.sent else SenderBusy)(str(error)) from error
        if response.headers.get("ratelimit-remaining") == "0":
            reset = response.headers.get("ratelimit-reset", "1")
            self._resume_at = loop.time() + (min(float(reset), 60.0) if reset.isdecimal() else 1.0)
        return response


def _verified(domain: str, known: dict[str, str] | None) -> Finding:
    def finding(level: Level, text: str) -> Finding:
        return Finding(level, f"domain {domain}", text, id="sender.domain")

    if known is None:
        return finding(Level.UNKNOWN, "this API key may only send; resend.com/domains shows the status")
    status = known.get(domain)
    if status is None:
        return finding(Level.FAILURE, "Resend does not know it: add it at resend.com/domains")
    if status != "verified":
        text = f"Resend calls it {status!r}: publish the records that resend.com/domains shows, and verify it there"
        return finding(Level.FAILURE, text)
    return finding(Level.OK, "verified, so Resend signs for it")


def _batch(messages: Sequence[Message]) -> bytes:
    return json.dumps([_mail(message) for message in messages], ensure_ascii=False).encode("utf-8", "replace")


def _mail(message: Message) -> dict[str, Any]:
    fields = take_apart(message)
    mail = {
        "from": fields.author,
        "to": [fields.recipient],
        "subject": fields.subject,
        "html": fields.html,
        "text": fields.text,
        "headers": dict(fields.headers),
    }
    return mail | ({"reply_to": fields.reply_to} if fields.reply_to else {})


def _accounts(response: Response, count: int) -> tuple[Iterator[Any], dict[int, str]]:
    """Return the entries of those that were taken, in order, and by index why others were not."""
    answer = read_object(response)
    data, errors = answer.get("data"), answer.get("errors") or []
    if not isinstance(data, list) or not isinstance(errors, list) or len(data) + len(errors) != count:
        raise _InDoubtError(f"{_words(response)}: an answer that does not account for {count} mails")
    refused = {
        error["index"]: str(error.get("message", "refused"))
        for error in errors
        if isinstance(error, dict) and isinstance(error.get("index"), int) and 0 <= error["index"] < count
    }
    return iter(data), refused


def _failure(response: Response) -> Exception | None:
    """Return what is wrong with the whole call; None if Resend objects to a mail of it."""
    if response.status == 409 or response.status >= 500:
        return _InDoubtError(_words(response))
    return about_the_call(response, _text(response), _words(response), _NAME)


def _text(response: Response) -> str:
    answer = read_object(response)
    return f"{answer.get('name', '')}: {answer.get('message', '')}"


def _words(response: Response) -> str:
    return in_words(response, "name", "message")
