"""Open a connection that may send: TCP, TLS, greeting, login; every way in which that fails, in words."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.senders.smtp.connection import CONNECT, Connection
from digest.senders.smtp.handshake import Login, introduce

_SOON = 1.0  # seconds in which a socket that was cut is surely closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to connect to, and how."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    helo: str = ""
    ca_file: Path | None = None

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS rules, certificate and host name verified; raises SenderBroken for a `ca_file` that is none."""
        if self.security == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SenderBroken(
                f"ca_file {self.ca_file}: {error.strerror or 'not a file of certificates'}"
            ) from error


async def connect(
    connection: Connection, server: Server, login: Login | None, *, patience: float | None
) -> None:
    """Connect and introduce ourselves; raises SenderBusy if it may work later, SenderBroken if a person must act."""
    try:
        await _connect(connection, server, login, min(CONNECT, patience or CONNECT))
    except (SenderError, OSError, UnicodeError) as error:
        raise _in_words(error, server) from error


async def _connect(connection: Connection, server: Server, login: Login | None, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    context = server.context()
    immediate = context if server.security == "tls" else None
    async with asyncio.timeout(seconds):
        transport, _ = await loop.create_connection(
            lambda: connection,
            server.host,
            server.port,
            ssl=immediate,
            server_hostname=server.host if immediate else None,
            **_happy_eyeballs(loop),
        )
    helo = server.helo or _own_name(transport)
    script = introduce(server.where, helo, starttls=server.security == "starttls", login=login)
    try:
        await connection.introduce(script, context, server.host)
    except BaseException:
        connection.abort()
        await asyncio.wait([connection.closed], timeout=_SOON)
        raise


def _happy_eyeballs(loop: asyncio.AbstractEventLoop) -> Any:
    """Try a host's addresses side by side (RFC 8305) where the event loop can: uvloop cannot."""
    return {"happy_eyeballs_delay": 0.25} if isinstance(loop, asyncio.BaseEventLoop) else {}


def _own_name(transport: asyncio.Transport) -> str:
    """Return this machine's full name, else its address in the form that EHLO wants (RFC 5321, 4.1.3)."""
    name = socket.gethostname()
    if "." in name.strip(".") and name.isascii():
        return name
    address = str(transport.get_extra_info("sockname")[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _in_words(error: Exception, server: Server) -> SenderError:
    where = server.where
    match error:
        case SenderError():
            return error
        case ssl.SSLCertVerificationError():
            return SenderBroken(
                f"the certificate of {where} is not to be trusted ({error.verify_message}), so nothing was sent: "
                "check `host`, or name the authority that signed it with `ca_file`"
            )
        case ssl.SSLError():
            reason = (error.reason or str(error)).replace("_", " ").lower()
            return SenderBroken(
                f'TLS with {where} failed ({reason}): check `port` and `security` ("tls" or "starttls")'
            )
        case UnicodeError() | socket.gaierror(errno=socket.EAI_NONAME):
            return SenderBroken(f"there is no host {server.host!r}: check `host`")
        case TimeoutError():
            return SenderBusy(f"{where} does not answer")
        case _:
            return SenderBusy(f"cannot reach {where}: {error}")
