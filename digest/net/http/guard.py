"""The guard at the socket: a name is resolved once, its addresses checked, and the checked address connected to.

Checking here, and nowhere before, leaves no gap for a name whose answer changes between the check and the
connection, nor for a redirect or an odd spelling of an address (decimal, octal, hexadecimal, mapped).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from functools import cache
from typing import Any

import certifi
import httpcore

from digest.errors import SourceBlocked, SourceUnreachable
from digest.net.http.addresses import Resolver, is_public


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to addresses of the open internet only, or to any with `allow_private`."""

    def __init__(self, resolve: Resolver, *, allow_private: bool) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._checked(host, port)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout and timeout / len(addresses), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise SourceUnreachable(f"{host}: this name does not exist, or the DNS does not answer") from None
        allowed = [address for address in addresses if self._allow_private or is_public(address)]
        if addresses and not allowed:
            raise SourceBlocked(
                f"{host} is a private or reserved address, which is not visited;"
                " set allow_private = true under [fetch] if it is yours"
            )
        return allowed[:4]

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise SourceBlocked("sockets of this machine are not visited")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context that verifies, trusting the machine's authorities and certifi's."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
