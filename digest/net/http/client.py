"""The client: two ways out, visits to sources and calls to email APIs, over one set of certificates.

httpx is loaded by the first request: reading a folder and sending over SMTP do not need it.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

from digest.clock import Clock, utc_now
from digest.errors import HttpFailure, SourceUnreachable
from digest.model import Validators
from digest.net.http.addresses import Resolver, SystemResolver
from digest.net.http.body import Limit
from digest.net.http.response import Response
from digest.net.http.turns import Turns

if TYPE_CHECKING:
    from digest.net.http.caller import Caller
    from digest.net.http.visitor import Visitor

_NO_VALIDATORS = Validators()


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
        self._resolve = resolve or self._resolver
        self._tls = tls
        self._clock = clock
        self._opening = asyncio.Lock()
        self._ways: tuple[Visitor, Caller] | None = None

    async def close(self) -> None:
        """Close every connection."""
        for way in self._ways or ():
            await way.close()
        self._resolver.close()

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
        try:
            visitor, _ = self._ways or await self._open()
        except OSError as error:
            raise SourceUnreachable(_uncertified(error)) from None
        limit = Limit(max_bytes, only_first)
        return await visitor.get(url, headers=headers or {}, validators=validators, limit=limit, pause=pause)

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
        try:
            _, caller = self._ways or await self._open()
        except OSError as error:
            raise HttpFailure(_uncertified(error), sent=False) from None
        return await caller.request(method, url, headers=headers or {}, content=content, timeout=timeout)

    async def _open(self) -> tuple[Visitor, Caller]:
        async with self._opening:  # twenty visits begin at once
            if self._ways is None:
                tls = await asyncio.to_thread(_prepared, self._tls)
                from digest.net.http.caller import Caller
                from digest.net.http.visitor import Visitor

                visitor = Visitor(
                    tls,
                    self._user_agent,
                    resolve=self._resolve,
                    turns=self._turns,
                    allow_private=self._allow_private,
                    timeout=self._timeout,
                    clock=self._clock,
                )
                self._ways = visitor, Caller(tls, self._user_agent)
        return self._ways


def _uncertified(error: OSError) -> str:
    return f"this machine's list of certificate authorities cannot be read ({error.strerror or error})"


def _prepared(tls: ssl.SSLContext | None) -> ssl.SSLContext:
    """Do what takes its time and is done once: load the libraries, read hundreds of certificates."""
    import anyio

    from digest.net.http import caller, guard, visitor  # noqa: F401

    anyio.run(anyio.sleep, 0)  # loads what httpx leaves for later
    return tls or guard.tls_context()
