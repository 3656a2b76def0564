"""Open a connection that may send: TCP, TLS, greeting, login; every way in which that fails, in words."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.senders.smtp.connection import CONNECT, Connection
from digest.senders.smtp.handshake import Login, introduce
from digest.senders.smtp.reach import NotReachedError, reach

log = logging.getLogger(__name__)

_NOTICE = 10.0  # seconds of silence after which a person should hear what is waited for
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
        """Return the TLS rules, certificate and host name verified; raises SenderBroken for an invalid `ca_file`."""
        if self.security == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SenderBroken(
                f"ca_file {self.ca_file}: {error.strerror or 'not a file of certificates'}"
            ) from error


async def connect(
    connection: Connection, server: Server, login: Login | None, *, patience: float | None, greeting: float
) -> None:
    """Connect and introduce ourselves, waiting `greeting` seconds for the server's first words.

    Raises SenderBusy if it may work later, SenderBroken if a person must act.
    """
    try:
        await _connect(connection, server, login, min(CONNECT, patience or CONNECT), greeting)
    except (SenderError, OSError, UnicodeError) as error:
        raise _in_words(error, server) from error


async def _connect(
    connection: Connection, server: Server, login: Login | None, seconds: float, greeting: float
) -> None:
    loop = asyncio.get_running_loop()
    context = server.context()
    immediate = context if server.security == "tls" else None
    end = loop.time() + seconds
    tcp = await reach(server.host, server.port, seconds)
    async with asyncio.timeout_at(end):
        transport, _ = await loop.create_connection(
            lambda: connection, sock=tcp, ssl=immediate, server_hostname=server.host if immediate else None
        )
    helo = server.helo or _own_name(transport)
    script = introduce(server.where, helo, starttls=server.security == "starttls", login=login)
    try:
        await _hear_greeting(connection, server, greeting)
        await connection.introduce(script, context, server.host)
    except BaseException:
        connection.abort()
        await asyncio.wait([connection.closed], timeout=_SOON)
        raise


async def _hear_greeting(connection: Connection, server: Server, seconds: float) -> None:
    """Wait for the server's first words, and log it when they take long."""
    notice = asyncio.get_running_loop().call_later(_NOTICE, log.warning, "%s", _silent(server))
    try:
        await connection.hear_greeting(seconds)
    except TimeoutError as error:
        raise SenderBusy(f"{_silent(server)} (waited {seconds:g} s)") from error
    finally:
        notice.cancel()


def _silent(server: Server) -> str:
    """Say that a server accepts connections and is silent, and what is behind that most often."""
    if server.security == "tls":
        return (
            f"{server.where} accepts connections but sends no greeting: it may be overloaded; try again later"
        )
    return (
        f"{server.where} accepts connections but sends no greeting: "
        'if it is a TLS port (as 465 is), set security = "tls"; check `port` otherwise'
    )


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
            return SenderBroken(_tls_in_words(error, server))
        case UnicodeError() | socket.gaierror(errno=socket.EAI_NONAME):
            return SenderBroken(f"there is no host {server.host!r}: check `host`")
        case NotReachedError():
            return SenderBusy(f"cannot reach {where} ({error}){_without_proxy()}")
        case ConnectionError() if server.security != "none":
            return SenderBusy(
                f"{where} hung up where TLS should begin: check `port` and `security`; perhaps it speaks only a "
                "version of TLS that is no longer safe (1.0 or 1.1, RFC 8996)"
            )
        case TimeoutError():
            return SenderBusy(f"{where} does not answer")
        case _:
            return SenderBusy(f"cannot reach {where}: {error}")


def _tls_in_words(error: ssl.SSLError, server: Server) -> str:
    """Say why TLS did not begin; the library's own words stand in brackets, so that people can search for them."""
    reason = (error.reason or str(error)).replace("_", " ").lower()
    where = server.where
    if any(words in reason for words in _OLD_TLS):
        return (
            f"{where} speaks only a version of TLS that is no longer safe (1.0 or 1.1, RFC 8996), so nothing was "
            f"sent: its operator has to switch on TLS 1.2 or newer ({reason})"
        )
    if any(words in reason for words in _WEAK_TLS):
        return f"{where} offers no TLS that is safe enough: its operator has to renew its settings or key ({reason})"
    if any(words in reason for words in _NO_TLS):
        other = "starttls" if server.security == "tls" else "tls"
        return f'{where} does not answer with TLS ({reason}): check `port`, or set security = "{other}"'
    return f'TLS with {where} failed ({reason}): check `port` and `security` ("tls" or "starttls")'


_OLD_TLS = (
    "unsupported protocol",
    "protocol version",
    "version too low",
    "wrong ssl version",
    "no protocols",
)
_WEAK_TLS = (
    "handshake failure",
    "no shared cipher",
    "too small",
    "too weak",
    "insufficient security",
    "ca md",
)
_NO_TLS = (
    "wrong version number",
    "record layer failure",
    "unknown protocol",
    "http request",
    "packet length",
)


def _without_proxy() -> str:
    """Say that a proxy which the environment names is not used, where that may be why nothing is reached."""
    names = ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "SOCKS_PROXY", "socks_proxy")
    named = next((name for name in names if os.environ.get(name)), "")
    return f"; {named} is set, but SMTP through a proxy is not supported" if named else ""
