"""Access tokens for XOAUTH2, renewed as they run out (RFC 6749, 6)."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field, SecretStr, field_validator

from digest.errors import HttpFailure, SenderBroken, SenderBusy
from digest.net.http import Http, Response, is_this_machine
from digest.senders._api import read_object
from digest.settings.values import Shape

_USUAL = 3600.0  # seconds that a token is good for where the answer does not say
_DAY = 86_400.0  # and no longer than that, whatever is said
_SPARE = 60.0  # seconds before its end from which on a token is not used any more


class OAuth(Shape):
    """How to get access tokens: the provider's token endpoint, and what it gave when the account was connected."""

    token_url: str = Field(pattern=r"^https?://")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    refresh_token: SecretStr = SecretStr("")  # needed, but only where something is sent

    @field_validator("token_url")
    @classmethod
    def _secrets_travel_encrypted(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
            raise ValueError("http:// would send the secrets readable over the network: use https://")
        return url


class AccessToken:
    """The access token of one account."""

    def __init__(self, oauth: OAuth, http: Http) -> None:
        self._oauth = oauth
        self._http = http
        self._token = ""
        self._good_until = 0.0  # in the event loop's time

    def forget(self) -> None:
        """Ask for a new one next time: this one was not accepted."""
        self._token = ""

    async def get(self) -> str:
        """Return a token that is still good; raises SenderBusy or SenderBroken."""
        now = asyncio.get_running_loop().time()
        if not self._token or now > self._good_until:
            answer = await self._renew()
            self._token = str(answer["access_token"])
            self._good_until = now + _lifetime(answer.get("expires_in")) - _SPARE
        return self._token

    async def _renew(self) -> dict[str, str]:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._oauth.client_id,
            "client_secret": self._oauth.client_secret.get_secret_value(),
            "refresh_token": self._oauth.refresh_token.get_secret_value(),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        content = urlencode({key: value for key, value in form.items() if value}).encode()
        try:
            response = await self._http.request(
                "POST", self._oauth.token_url, headers=headers, content=content
            )
        except HttpFailure as error:
            raise SenderBusy(f"no access token for SMTP: {error}") from error
        return self._read(response)

    def _read(self, response: Response) -> dict[str, str]:
        answer = read_object(response)
        if response.status == 200 and answer.get("access_token"):
            return answer
        reason = str(answer.get("error", ""))[:100]
        words = f"{self._oauth.token_url} gives no access token for SMTP: {response.status} {reason}"
        if response.status == 429 or response.status >= 500:
            raise SenderBusy(words)
        raise SenderBroken(f"{words}; connect the account again and set `refresh_token`")


def _lifetime(seconds: Any) -> float:
    """Return for how many seconds a token is good; what is no number of them counts as not said."""
    try:
        return min(_DAY, float(seconds or _USUAL))  # in this order: NaN is not smaller
    except (TypeError, ValueError, OverflowError):
        return _USUAL
