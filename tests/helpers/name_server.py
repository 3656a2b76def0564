"""A name server on loopback that knows the records it is given and denies every other name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from dns import asyncresolver, flags, message, rcode, rdatatype, rrset


class NameServer(asyncio.DatagramProtocol):
    """Answers from `records`: (name with its final dot, kind) -> texts as in a zone file; notes names in `asked`.

    A `mute` server hears and never answers; names in `broken` are answered with SERVFAIL.
    """

    transport: asyncio.DatagramTransport

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]], *, mute: bool = False) -> None:
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self._mute = mute
        self._records = records

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = message.from_wire(data)
        answer = message.make_response(query)
        answer.flags |= flags.RA
        name, kind = query.question[0].name, rdatatype.to_text(query.question[0].rdtype)
        self.asked.append(name.to_text())
        if self._mute:
            return
        if name.to_text() in self.broken:
            answer.set_rcode(rcode.SERVFAIL)
        elif texts := self._records.get((name.to_text(), kind)):
            answer.answer.append(rrset.from_text(name, 60, "IN", kind, *texts))
        else:
            answer.set_rcode(rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def serve_names(server: NameServer) -> AsyncIterator[asyncresolver.Resolver]:
    """Let a server answer on a free port of this machine; gives the resolver that asks it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    resolver = asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield resolver
    finally:
        transport.close()
