"""Visits to sources: addresses checked, size and time bounded, redirects followed by hand; no server is trusted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

import httpx

from digest.clock import Clock
from digest.errors import SourceBlocked, SourceError, SourceGone, SourceUnreachable
from digest.model import Validators
from digest.net.http.addresses import Resolver
from digest.net.http.body import Limit
from digest.net.http.guard import GuardedNetwork
from digest.net.http.refusal import ALLOWED_PORTS
from digest.net.http.response import Response, in_words
from digest.net.http.turns import Turns
from digest.net.http.wire import (
    FAILURES,
    GuardedTransport,
    Wire,
    header_fields,
    in_plain_words,
    read_body,
    shown,
)

_MAX_REDIRECTS = 5
_PERMANENT, _TEMPORARY = {301, 308}, {302, 303, 307}
_HINTS = {
    401: ": it wants a user name and password, or a key",
    403: ": it does not let this program in",
    404: ": look whether the address has changed",
    429: ": it was asked too often",
}


class Visitor:
    """Visits hosts in `turns`; `allow_private` allows any address and port, `timeout` seconds bound one visit."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        user_agent: str,
        *,
        resolve: Resolver,
        turns: Turns,
        allow_private: bool,
        timeout: float,
        clock: Clock,
    ) -> None:
        network = GuardedNetwork(resolve, allow_private=allow_private)
        self._wire = Wire(GuardedTransport(network, tls), user_agent)
        self._turns = turns
        self._allow_private = allow_private
        self._timeout = timeout
        self._clock = clock

    async def close(self) -> None:
        """Close every connection."""
        await self._wire.close()

    async def get(
        self, url: str, *, headers: Mapping[str, str], validators: Validators, limit: Limit, pause: bool
    ) -> Response:
        """Visit an address as `Http.get` describes it; raises what it raises."""
        address, moved_to, permanent, left = _parsed(url), "", True, self._timeout
        first, loop, conditions = address, asyncio.get_running_loop(), _conditions(validators)
        for hop in range(_MAX_REDIRECTS + 1):
            self._check(address, first.host if hop else "")
            own = headers if headers and _may_know(address, first) else {}
            sent = {**own, **conditions}
            async with self._turns.turn(address.host, at_once=hop > 0 or not pause):
                started = loop.time()
                answer = await self._visit(address, sent, limit, left)
                left -= loop.time() - started
            location = answer.headers.get("location", "")
            if answer.status not in _PERMANENT | _TEMPORARY or not location:
                return self._judged(replace(answer, moved_to=moved_to), conditional=bool(conditions))
            address = _parsed(_joined(address, location))
            permanent = permanent and answer.status in _PERMANENT
            moved_to = str(address) if permanent and not first.userinfo else moved_to
        raise SourceError(f"{first.host} redirects more than {_MAX_REDIRECTS} times")

    def _check(self, address: httpx.URL, came_from: str) -> None:
        where = f"{came_from} redirects to {shown(address)}" if came_from else shown(address)
        if address.scheme not in ("http", "https") or not address.host:
            raise SourceBlocked(f"{where}: only http and https addresses are visited")
        if address.port not in (None, *ALLOWED_PORTS) and not self._allow_private:
            raise SourceBlocked(
                f"{where}: port {address.port} is not visited, only 80 and 443;"
                " set allow_private = true under [fetch] if this server is yours"
            )

    async def _visit(
        self, address: httpx.URL, sent: Mapping[str, str], limit: Limit, seconds: float
    ) -> Response:
        try:
            async with asyncio.timeout(seconds):
                return await self._hop(address, sent, limit)
        except TimeoutError:
            raise SourceUnreachable(f"{address.host} took longer than {self._timeout:g} s") from None
        except FAILURES as error:
            raise SourceUnreachable(f"{address.host}: {in_plain_words(error)}") from None

    async def _hop(self, address: httpx.URL, sent: Mapping[str, str], limit: Limit) -> Response:
        async with self._wire.answer("GET", address, sent, timeout=self._timeout) as answer:
            fields = header_fields(answer)
            try:
                body = await read_body(answer, fields, limit) if 200 <= answer.status_code < 300 else b""
            except SourceError as error:
                raise SourceError(f"{address.host}: {error}") from None
        return Response(status=answer.status_code, url=shown(address), headers=fields, body=body)

    def _judged(self, answer: Response, *, conditional: bool) -> Response:
        status, host = answer.status, httpx.URL(answer.url).host
        if 200 <= status < 300 or (status == 304 and conditional):
            return answer
        if status == 410:
            raise SourceGone(f"{host} says that this address is gone for good (410 Gone)", status=status)
        hint = _HINTS.get(status, "")
        if answer.headers.get("cf-mitigated") == "challenge":
            hint = ": it wants to see a browser; ask its operator to let this program's User-Agent through"
        wait = answer.retry_after(self._clock())
        raise SourceError(f"{host} answers {in_words(status)}{hint}", status=status, retry_after=wait)


def _parsed(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        address = httpx.URL("")
    if not address.scheme or "%" in address.host:
        raise SourceError("this is not a valid address; write for example https://example.org/feed.xml")
    return address


def _joined(address: httpx.URL, location: str) -> str:
    raw = location.encode("latin-1")
    try:
        target = raw.decode("utf-8")
    except UnicodeDecodeError:
        target = location
    try:
        return urljoin(str(address), target)
    except ValueError:
        raise SourceError(f"{address.host} redirects to something that is not an address") from None


def _may_know(address: httpx.URL, first: httpx.URL) -> bool:
    """Say whether an address may get what was meant for the first one: same origin, or the same made secure."""
    upgraded = (first.scheme, address.scheme, first.port, address.port) == ("http", "https", None, None)
    same = (address.scheme, address.port) == (first.scheme, first.port)
    return address.host == first.host and (same or upgraded)


def _conditions(validators: Validators) -> dict[str, str]:
    """Return the headers that ask "changed since?", exactly as the server worded them (RFC 9110, 13.1)."""
    asked = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in asked.items() if value}
