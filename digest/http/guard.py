"""The guard at the socket: a name is resolved once, its addresses checked, and the checked address connected to.

Checking here, and nowhere before, leaves no gap for a name whose answer changes between the check and the
connection, nor for a redirect or an odd spelling of an address (decimal, octal, hexadecimal, mapped).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeAlias

import certifi
import httpcore

from digest.errors import SourceBlocked, SourceUnreachable

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]  # (host, port) -> addresses, best first

_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "64:ff9b::/96",  # NAT64, RFC 6052: hides an IPv4 address
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "2001::/23",  # Teredo and other protocol assignments, RFC 2928
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
    )
)


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the open internet, whatever it is wrapped in."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_multicast or ip.is_link_local or ip.is_loopback or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_global and not any(ip.version == network.version and ip in network for network in _NEVER)


class SystemResolver:
    """The machine's own resolver, in threads of its own: names that do not answer must not hold up other work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


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
