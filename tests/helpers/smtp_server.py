"""SMTP servers for tests: a complete one written by others, and one that misbehaves wherever it is told to."""

from __future__ import annotations

import asyncio
import os
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Literal, cast

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived, dot-stuffing undone."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.data, policy=policy.default)


@dataclass(frozen=True, slots=True)
class Certificates:
    """An authority of the tests' own, and certificates of it for this machine and for another one."""

    authority: trustme.CA
    ca_file: Path
    server: ssl.SSLContext
    elsewhere: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates by an authority that only `ca_file` trusts; `server` is for `localhost` and 127.0.0.1."""
    authority = trustme.CA()
    ca_file = tmp_path_factory.mktemp("certificates") / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    server, elsewhere = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
    authority.issue_cert("localhost", HOST).configure_cert(server)
    authority.issue_cert("mx.example.org").configure_cert(elsewhere)
    return Certificates(authority, ca_file, server, elsewhere)


# --- a complete server: aiosmtpd -------------------------------------------------------------------------


@dataclass(slots=True)
class SmtpServer:
    """A server that takes everything, except what `refuse` has a reply for, and keeps it in `received`.

    `refuse` maps a recipient's address to the reply to its RCPT, such as "550 5.1.1 no such user".
    """

    host: str = HOST
    port: int = 0
    received: list[Received] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    connections: int = 0

    @property
    def recipients(self) -> list[str]:
        return sorted(received.recipient for received in self.received)


class _Handler:
    def __init__(self, server: SmtpServer, offers: Sequence[str]) -> None:
        self._server = server
        self._offers = offers

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{offer}" for offer in self._offers), responses[-1]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self._server.refuse.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        for recipient in envelope.rcpt_tos:
            sender, content = str(envelope.mail_from), cast(bytes, envelope.content)
            self._server.received.append(Received(sender, recipient, content))
        return f"250 OK queued as T{len(self._server.received):06}"


@asynccontextmanager
async def serve(
    *,
    security: Literal["tls", "starttls", "none"] = "none",
    certificates: Certificates | None = None,
    login: tuple[str, str] | None = None,
    offers: Sequence[str] = ("PIPELINING",),
) -> AsyncIterator[SmtpServer]:
    """Run aiosmtpd on a free port of this machine; `login` is the username and password it insists on."""
    server = SmtpServer()
    context = certificates.server if certificates else None

    def authenticate(_: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = (
            isinstance(data, LoginPassword)
            and login
            and (data.login, data.password) == (login[0].encode(), login[1].encode())
        )
        return AuthResult(success=bool(known), handled=bool(known))

    def protocol() -> SMTP:
        server.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # aiosmtpd warns of passwords without STARTTLS: these are the tests' own
            return build()

    def build() -> SMTP:
        return SMTP(
            _Handler(server, offers),
            hostname="mx.example.org",
            enable_SMTPUTF8=True,
            loop=asyncio.get_running_loop(),
            tls_context=context if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=authenticate if login else None,
            auth_required=login is not None,
            auth_require_tls=False,
        )

    listener = await asyncio.get_running_loop().create_server(
        protocol, HOST, 0, ssl=context if security == "tls" else None
    )
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """A complete server without encryption, PIPELINING offered."""
    async with serve() as server:
        yield server


# --- a server that misbehaves -----------------------------------------------------------------------------

DROP: Final = "(drop)"  # cut the connection
STALL: Final = "(stall)"  # never answer
FREEZE: Final = "(freeze)"  # never answer, and do not even read
BREAK_TLS: Final = "(break tls)"  # write what is no TLS into a connection that should speak it, and end it
GONE: Final = b"(gone)"  # at the end of raw bytes: cut the connection behind them
_LATE = 0.6  # seconds


class Late(str):
    """A reply that comes after a while."""

    __slots__ = ()


Phase = Literal[
    "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "rset", "quit", "bdat"
]

_REPLIES: dict[str, str] = {
    "greeting": "220 mx.example.org ESMTP",
    "starttls": "220 go ahead",
    "auth": "235 2.7.0 welcome",
    "mail": "250 2.1.0 ok",
    "rcpt": "250 2.1.5 ok",
    "data": "354 go on",
    "dot": "250 2.0.0 queued as ABC{number}",
    "bdat": "250 2.0.0 queued as ABC{number}",
    "rset": "250 2.0.0 ok",
    "noop": "250 2.0.0 ok",
    "quit": "221 2.0.0 bye",
}


@dataclass(slots=True)
class ScriptedServer:
    """A server that answers as it is told: `script` maps a phase to its answers, the last one for ever.

    An answer is a reply (without its line end), raw bytes, DROP, STALL or FREEZE. In the phase "body" it acts after
    the first bytes of a message. `delay` is waited before each answer (seconds). `refuse` maps recipients to the reply
    to their RCPT. What it took is in `received` (with `greedy` even if its answer was lost), what it was told in
    `commands`.
    """

    offers: Sequence[str] = ("PIPELINING", "SIZE 10000000", "8BITMIME")
    script: Mapping[str, str | bytes | Sequence[str | bytes]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    delay: float = 0.0
    refuse: Mapping[str, str] = field(default_factory=dict)
    greedy: bool = False
    host: str = HOST
    port: int = 0
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def answer(self, phase: str, usual: str = "500 5.5.2 what?") -> str | bytes:
        answers = self.script.get(phase, _REPLIES.get(phase, usual))
        if isinstance(answers, str) and phase not in self.script:
            return answers.replace("{number}", str(100 + len(self.received)))
        if isinstance(answers, str | bytes):
            return answers
        count = self.counts[phase] = self.counts.get(phase, -1) + 1
        return answers[min(count, len(answers) - 1)]


class _Dropped(Exception):
    pass


class _Conversation:
    """One connection to a scripted server."""

    def __init__(
        self, server: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._open = False  # between MAIL and the end of its message
        self._sender = self._recipient = ""
        self._chunks = b""

    async def hold(self) -> None:
        try:
            await self._answer("greeting")
            while line := await self._reader.readline():
                command = line.decode("utf-8", "replace").rstrip("\r\n")
                self._server.commands.append(command)
                await self._obey(command)
        except (_Dropped, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writer.transport.abort()

    async def _obey(self, command: str) -> None:
        verb = command.partition(" ")[0].lower()
        match verb:
            case "ehlo" | "helo":
                await self._hello()
            case "starttls":
                if await self._answer("starttls"):
                    await self._writer.start_tls(cast(ssl.SSLContext, self._server.tls))
            case "data":
                await self._data()
            case "bdat":
                await self._bdat(command)
            case "quit":
                await self._answer("quit")
                raise _Dropped
            case _:
                await self._envelope(verb, command)

    async def _envelope(self, verb: str, command: str) -> None:
        if verb == "rcpt" and not self._open:
            await self._say("503 5.5.1 MAIL first")
            return
        if verb == "rcpt" and (refusal := self._server.refuse.get(_address(command))):
            await self._say(refusal)
            return
        good = await self._answer(verb)
        if verb in ("mail", "rset"):
            self._open, self._sender, self._recipient, self._chunks = verb == "mail" and good, "", "", b""
        if verb == "mail":
            self._sender = _address(command)
        elif verb == "rcpt" and good:
            self._recipient = _address(command)

    async def _hello(self) -> None:
        lines = ["mx.example.org", *self._server.offers]
        reply = "\r\n".join(f"250{'-' if line is not lines[-1] else ' '}{line}" for line in lines)
        await self._say(self._server.answer("ehlo", reply))

    async def _data(self) -> None:
        if not self._recipient and "data" not in self._server.script:
            await self._say("503 5.5.1 no recipient")
            return
        if not await self._answer("data", "354"):
            return
        if "body" in self._server.script:
            await self._reader.read(100)
            await self._answer("body")
        data = await self._read_body()
        received = Received(self._sender, self._recipient, data)
        await self._take("dot", received)
        self._open, self._sender, self._recipient = False, "", ""

    async def _take(self, phase: str, received: Received) -> None:
        """Take a message and say so; a greedy server has taken it before its answer goes astray, unless that is a no."""
        answer = self._server.answer(phase)
        early = self._server.greedy and not (isinstance(answer, str) and answer.startswith(("4", "5")))
        if early:
            self._server.received.append(received)
        await self._say(answer)
        if not early and _is_yes(answer):
            self._server.received.append(received)

    async def _read_body(self) -> bytes:
        lines = []
        while (line := await self._reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    async def _bdat(self, command: str) -> None:
        _, size, *last = command.split()
        self._chunks += await self._reader.readexactly(int(size))
        if not self._recipient:
            await self._say("503 5.5.1 no recipient")
        elif last:
            await self._take("bdat", Received(self._sender, self._recipient, self._chunks))
        else:
            await self._answer("bdat")

    async def _answer(self, phase: str, good: str = "2") -> bool:
        """Answer as the script has it; returns whether that was a yes."""
        answer = self._server.answer(phase)
        await self._say(answer)
        return _is_yes(answer, good)

    async def _say(self, answer: Any) -> None:
        if self._server.delay:
            await asyncio.sleep(self._server.delay)
        if isinstance(answer, Late):
            await asyncio.sleep(_LATE)
        if answer == DROP:
            raise _Dropped
        if answer == BREAK_TLS:
            os.write(self._writer.get_extra_info("socket").fileno(), b"this is no TLS, not at all")
            raise _Dropped
        if answer == FREEZE:
            await asyncio.Event().wait()
        if answer == STALL:
            await self._reader.read()  # until the client gives up
            raise _Dropped
        if isinstance(answer, bytes) and answer.endswith((GONE, BREAK_TLS.encode())):
            said, mark, ending = answer.partition(b"(")
            self._writer.write(said)
            await self._writer.drain()
            await asyncio.sleep(0.02)  # it shall arrive
            await self._say(DROP if mark + ending == GONE else BREAK_TLS)
        self._writer.write(answer if isinstance(answer, bytes) else f"{answer}\r\n".encode())
        await self._writer.drain()
        if isinstance(answer, bytes) and not answer.endswith(b"\n"):
            await self._say(STALL)
        if isinstance(answer, str) and answer.startswith("421"):
            raise _Dropped


def _is_yes(answer: str | bytes, good: str = "2") -> bool:
    return (answer.decode() if isinstance(answer, bytes) else answer).startswith(good)


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


Serve = Callable[..., Awaitable[ScriptedServer]]


@pytest.fixture
async def scripted() -> AsyncIterator[Serve]:
    """A maker of scripted servers: `await scripted(script={...}, offers=[...])`."""
    async with AsyncExitStack() as stack:

        async def serve_script(*, tls_at_once: bool = False, **options: Any) -> ScriptedServer:
            server = ScriptedServer(**options)

            async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                server.connections += 1
                with suppress(ConnectionError):
                    await _Conversation(server, reader, writer).hold()

            listener = await asyncio.start_server(converse, HOST, 0, ssl=server.tls if tls_at_once else None)
            stack.callback(listener.close)
            server.port = listener.sockets[0].getsockname()[1]
            return server

        yield serve_script
