"""The inbox's SMTP server, on the loop that is already running: it takes every mail from and for anybody.

Any user name and password log in, without TLS too, so that a configuration can be tried as it is. It is meant
for loopback: nothing that it takes is passed on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Session
from aiosmtpd.smtp import Envelope as Transaction

from digest.clock import Clock, utc_now
from digest.errors import UsageError
from digest.inbox.mailbox import Mailbox
from digest.inbox.trace import Envelope

log = logging.getLogger(__name__)

SIZE_LIMIT_BYTES = 40_000_000  # octets; the largest mail that big providers take is about 35 MB
NULL_SENDER = "<>"  # what a bounce's empty reverse-path is called inside the protocol's library


class _Take:
    """What happens to the commands of a client (hooks of aiosmtpd)."""

    def __init__(self, mailbox: Mailbox, clock: Clock) -> None:
        self._mailbox = mailbox
        self._clock = clock

    async def handle_EHLO(  # noqa: N802 - the library finds hooks by these names
        self, server: SMTP, session: Session, transaction: Transaction, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        transaction: Transaction,
        address: str | None,
        options: list[str],
    ) -> str:
        transaction.mail_from = (
            address or NULL_SENDER
        )  # else the library takes the null sender for a missing MAIL
        transaction.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_DATA(self, server: SMTP, session: Session, transaction: Transaction) -> str:  # noqa: N802
        sender = transaction.mail_from
        envelope = Envelope(
            sender=_readable(sender) if sender and sender != NULL_SENDER else "",
            recipients=tuple(_readable(recipient) for recipient in transaction.rcpt_tos),
            arrived=self._clock(),
            client=_readable(session.host_name or ""),
        )
        try:
            mail = await self._mailbox.add(envelope, transaction.original_content or b"")
        except OSError as error:
            log.warning("A mail could not be kept: %s (%s)", error.strerror or error, error.filename or "")
            return "452 4.3.1 The mail could not be kept: " + (error.strerror or "see the log")
        return f"250 2.0.0 Kept as {mail.number}"


def _readable(text: str) -> str:
    """Replace octets that were no UTF-8, which the library hands on as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


class _Connection(SMTP):
    """One client; remembers itself in `open_ones` as long as it is there, so that the server can end it."""

    def __init__(self, handler: _Take, open_ones: set[_Connection]) -> None:
        super().__init__(
            handler,
            hostname="digest.inbox",
            ident="takes everything",
            data_size_limit=SIZE_LIMIT_BYTES,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=asyncio.get_running_loop(),
        )
        self._open_ones = open_ones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_ones.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._open_ones.discard(self)

    async def end(self) -> None:
        """Drop the client and wait until its task has noticed."""
        task = self._handler_coroutine
        if self.transport is not None:
            cast(asyncio.Transport, self.transport).abort()  # uvloop's are no subclass of it
        if task is not None:
            await asyncio.wait([task])


@asynccontextmanager
async def serve_smtp(
    mailbox: Mailbox, *, host: str = "127.0.0.1", port: int = 0, clock: Clock = utc_now
) -> AsyncIterator[int]:
    """Take mails into `mailbox` as long as the context lasts; gives the port, a free one if `port` is 0."""
    handler, connections = _Take(mailbox, clock), set[_Connection]()
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(lambda: _Connection(handler, connections), host, port, backlog=256)
    except OSError as error:
        words = error.strerror or error
        raise UsageError(f"SMTP cannot listen on {host}:{port}: {words}. Name another port.") from None
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await asyncio.gather(*(connection.end() for connection in list(connections)))
        await server.wait_closed()
