"""The client: visits to sources that trust nobody, and calls to the operator's own email APIs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

import anyio
import httpx

from digest.clock import Clock, utc_now
from digest.errors import HttpFailure, SourceBlocked, SourceError, SourceGone, SourceUnreachable
from digest.http.guard import GuardedNetwork, Resolver, SystemResolver, tls_context
from digest.http.response import Response, in_words
from digest.http.turns import Turns
from digest.http.wire import FAILURES, GuardedTransport, Limit, Wire, header_fields, in_plain_words, read_body
from digest.model import Validators

# They log whole addresses, with the keys that some APIs want in them.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)

_MOST_REDIRECTS = 5
_PERMANENT, _TEMPORARY = {301, 308}, {302, 303, 307}
_NO_VALIDATORS = Validators()
_LARGEST_REPLY = 5_000_000  # bytes of an API's answer
_POOL = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
_HINTS = {
    401: ": it wants a user name and password, or a key",
    403: ": it does not let this program in",
    404: ": look whether the address has changed",
    429: ": it was asked too often",
}


class Http:
    """Both ways out. `user_agent` names a contact; `timeout` seconds bound one visit, redirects included."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: bool = False,
        timeout: float = 30.0,
        host_pause: float = 1.0,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._user_agent = user_agent
        self._allow_private = allow_private
        self._timeout = timeout
        self._turns = Turns(host_pause)
        self._resolver = SystemResolver()
        self._network = GuardedNetwork(resolve or self._resolver, allow_private=allow_private)
        self._tls = tls
        self._preparing = asyncio.Lock()
        self._clock = clock
        self._visitor: Wire | None = None  # made when it is needed: reading the certificates takes its time
        self._caller: Wire | None = None

    async def close(self) -> None:
        """Close every connection."""
        for wire in (self._visitor, self._caller):
            if wire is not None:
                await wire.close()
        self._resolver.close()

    async def _context(self) -> ssl.SSLContext:
        async with self._preparing:  # twenty visits begin at once
            if self._tls is None:
                self._tls = await asyncio.to_thread(_prepared)
        return self._tls

    # --- visits to sources -------------------------------------------------------------------------------

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        validators: Validators = _NO_VALIDATORS,
        max_bytes: int = 15_000_000,
        only_first: int | None = None,
        pause: bool = True,
    ) -> Response:
        """Visit an address; 304 is an answer like any other if `validators` were given.

        `headers` (the key of an API, for example) go to the address's own origin only. Of a body that has more than
        `only_first` bytes only these are read. Without `pause` a host is still asked one thing
        at a time, but at once. Raises SourceBlocked for an address that is not visited, SourceGone for 410,
        SourceError for all else that brings no answer.
        """
        limit = Limit(max_bytes, only_first)
        address, moved_to, permanent, left = _parsed(url), "", True, self._timeout
        first, loop = address, asyncio.get_running_loop()
        for hop in range(_MOST_REDIRECTS + 1):
            self._check(address, first.host if hop else "")
            own = headers if headers and _may_know(address, first) else {}
            sent = {**own, **_conditions(validators)}
            async with self._turns.turn(address.host, at_once=hop > 0 or not pause):
                started = loop.time()
                answer = await self._visit(address, sent, limit, left)
                left -= loop.time() - started
            location = answer.headers.get("location", "")
            if answer.status not in _PERMANENT | _TEMPORARY or not location:
                return self._judged(
                    replace(answer, moved_to=moved_to), conditional=validators != _NO_VALIDATORS
                )
            address = _parsed(_joined(address, location))
            permanent = permanent and answer.status in _PERMANENT
            moved_to = str(address) if permanent and not first.userinfo else moved_to
        raise SourceError(f"{first.host} redirects more than {_MOST_REDIRECTS} times")

    def _check(self, address: httpx.URL, came_from: str) -> None:
        where = f"{came_from} redirects to {_shown(address)}" if came_from else _shown(address)
        if address.scheme not in ("http", "https") or not address.host:
            raise SourceBlocked(f"{where}: only http and https addresses are visited")
        if address.port not in (None, 80, 443) and not self._allow_private:
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
        tls = await self._context()
        if self._visitor is None:
            self._visitor = Wire(GuardedTransport(self._network, tls), self._user_agent)
        async with self._visitor.answer("GET", address, sent, timeout=self._timeout) as answer:
            fields = header_fields(answer)
            try:
                body = await read_body(answer, fields, limit) if 200 <= answer.status_code < 300 else b""
            except SourceError as error:
                raise SourceError(f"{address.host}: {error}") from None
        return Response(status=answer.status_code, url=_shown(address), headers=fields, body=body)

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

    # --- calls to email APIs -----------------------------------------------------------------------------

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout: float = 30.0,
    ) -> Response:
        """Call an API of the operator's choice: one hop, and whatever it answers is returned.

        Raises HttpFailure if there is no answer within `timeout` seconds; its `sent` is False only if no byte
        of the request can have arrived.
        """
        sent = False

        async def trace(event: str, _: Mapping[str, object]) -> None:
            nonlocal sent
            sent = sent or event.endswith("send_request_headers.started")

        host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
        try:
            tls = await self._context()
            wire = self._caller = self._caller or Wire(_transport(tls), self._user_agent)
            address, more = httpx.URL(url), headers or {}
            async with asyncio.timeout(timeout):
                async with wire.answer(
                    method, address, more, content=content, timeout=timeout, trace=trace
                ) as answer:
                    fields = header_fields(answer)
                    body = await read_body(answer, fields, Limit(_LARGEST_REPLY))
        except TimeoutError:
            raise HttpFailure(f"{host} gave no answer within {timeout:g} s", sent=sent) from None
        except (SourceError, *FAILURES) as error:
            words = str(error) if isinstance(error, SourceError) else in_plain_words(error)
            raise HttpFailure(f"{host}: {words}", sent=sent) from None
        return Response(status=answer.status_code, url=_shown(address), headers=fields, body=body)


def _prepared() -> ssl.SSLContext:
    """Do what takes its time and is done once: read hundreds of certificates, import what httpx leaves for later."""
    anyio.run(anyio.sleep, 0)
    return tls_context()


def _transport(tls: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_POOL)


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


def _shown(address: httpx.URL) -> str:
    """Return an address without the user name and password that it may hold."""
    return str(address.copy_with(userinfo=b"")) if address.userinfo else str(address)


def _may_know(address: httpx.URL, first: httpx.URL) -> bool:
    """Say whether an address may get what was meant for the first one: same origin, or the same made secure."""
    upgraded = (first.scheme, address.scheme, first.port, address.port) == ("http", "https", None, None)
    same = (address.scheme, address.port) == (first.scheme, first.port)
    return address.host == first.host and (same or upgraded)


def _conditions(validators: Validators) -> dict[str, str]:
    """Return the headers that ask "changed since?", exactly as the server worded them (RFC 9110, 13.1)."""
    asked = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in asked.items() if value}
