"""Resend (resend.com): batches of up to 100 mails. Its idempotency keys close the window in which a mail is in doubt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from pydantic import Field, SecretStr

from digest.errors import HttpFailure, SenderBroken, SenderBusy, SenderError
from digest.http import Http, Response
from digest.model import Message, Outcome, Refused, Sent, Unknown, Unsent
from digest.senders import SenderOptions
from digest.senders._api import in_words, read_object, retry_after, take_apart
from digest.settings import Duration
from digest.settings.addresses import WebAddress

_TRIES = 3  # of the same request with the same key, while its answer is in doubt
_PAUSE = 0.5  # seconds before such another try
_QUOTA = 3600.0  # seconds after which to ask again whether a used-up quota has been renewed


class Options(SenderOptions):
    """The key from resend.com/api-keys; the sender's domain must be verified there."""

    api_key: SecretStr = Field(description="Keep it in the environment or in a secret file.")
    url: WebAddress = Field("https://api.resend.com", description="Address of the API.")
    timeout: Duration = Field(timedelta(seconds=30), description="How long to wait for an answer.")


class _InDoubtError(Exception):
    """The answer does not tell whether the batch was taken; asking again with the same key will."""


class Sender:
    """Sends batches, one after the other: the limit is on requests, not on mails."""

    batch_size = 100
    concurrency = 1

    def __init__(self, options: Options, http: Http) -> None:
        self._options = options
        self._http = http
        self._resume_at = 0.0  # in the event loop's time

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send a batch; raises SenderBusy or SenderBroken if the provider takes none of it."""
        content = await asyncio.to_thread(_batch, messages)
        doubt = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE)
            try:
                response = await self._request("POST", "/emails/batch", content, key=_key(messages))
                if response.status in (400, 413, 422) and len(messages) > 1:
                    return await self._send_halves(messages, response)
                return _outcomes(response, len(messages))
            except _InDoubtError as error:
                doubt = str(error)
            except (SenderBusy, SenderBroken) as error:
                if not doubt:
                    raise
                doubt = f"{doubt}; then {error}"
        return [Unknown(doubt)] * len(messages)

    async def check(self) -> str:
        """Ask for the account's domains, send nothing; raises SenderBusy or SenderBroken."""
        try:
            response = await self._request("GET", "/domains")
        except _InDoubtError as error:
            raise SenderBusy(str(error)) from error
        answer = read_object(response)
        if response.status != 200 and answer.get("name") != "restricted_api_key":
            raise _failure(response)
        domains = [
            f"{item.get('name')} ({item.get('status')})"
            for item in answer.get("data") or []
            if isinstance(item, dict)
        ]
        return (
            f"Resend, domains: {', '.join(domains)}" if domains else "Resend, with a key that may only send"
        )

    async def close(self) -> None:
        """Nothing is open between two calls."""

    async def _send_halves(self, messages: Sequence[Message], response: Response) -> list[Outcome]:
        """Find the mail that spoils a batch; what is wrong with all of them is for a person to mend."""
        if "from" in str(read_object(response).get("message", "")).lower():
            raise SenderBroken(f"Resend does not let us send: {_words(response)}")
        middle = len(messages) // 2
        first = await self.send(messages[:middle])
        try:
            return [*first, *await self.send(messages[middle:])]
        except SenderError as error:  # what became of the first half must not be lost with it
            return [*first, *[Unsent(str(error))] * (len(messages) - middle)]

    async def _request(self, method: str, path: str, content: bytes = b"", *, key: str = "") -> Response:
        """Call the API when its limit allows; raises SenderBusy if nothing can have arrived, else _InDoubtError."""
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


def _key(messages: Sequence[Message]) -> str:
    """Return the same key for the same mails to the same readers, within Resend's 256 characters."""
    return "digest-" + sha256("\n".join(message.key for message in messages).encode()).hexdigest()


def _outcomes(response: Response, count: int) -> list[Outcome]:
    """Read who was taken and who not; raises SenderBusy, SenderBroken, _InDoubtError if it was all or none."""
    if response.status == 200:
        return _each(response, count)
    if response.status in (400, 413, 422):
        return [Refused(_words(response), response.status)] * count
    raise _failure(response)


def _each(response: Response, count: int) -> list[Outcome]:
    answer = read_object(response)
    data, errors = answer.get("data"), answer.get("errors") or []
    if not isinstance(data, list) or not isinstance(errors, list) or len(data) + len(errors) != count:
        raise _InDoubtError(f"{_words(response)}: an answer that does not account for {count} mails")
    refusals = {
        error.get("index"): str(error.get("message", "refused"))
        for error in errors
        if isinstance(error, dict) and isinstance(error.get("index"), int)
    }
    taken = iter(data)
    outcomes: list[Outcome] = []
    for index in range(count):
        if index in refusals:
            outcomes.append(Refused(refusals[index], 422))
        elif isinstance(item := next(taken, None), dict):
            outcomes.append(Sent("accepted by Resend", remote_id=str(item.get("id", ""))))
        else:
            outcomes.append(Unknown(f"{_words(response)}: no word about this mail"))
    return outcomes


def _failure(response: Response) -> Exception:
    words, name = _words(response), str(read_object(response).get("name", ""))
    if response.status == 429:
        wait = retry_after(response)
        return SenderBusy(f"Resend asks us to wait: {words}", retry_after=_QUOTA if "quota" in name else wait)
    if response.status == 409 or response.status >= 500:
        return _InDoubtError(words)
    return SenderBroken(f"Resend does not let us send: {words}")


def _words(response: Response) -> str:
    return in_words(response, "name", "message")
