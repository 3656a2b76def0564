"""One connection to a server: drives the handshake and the session over asyncio, and watches the clock.

Costs per message are kept down on purpose: no task, no stream, one write for a message and the envelope behind it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, cast

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.senders import Job
from digest.senders._verdicts import Record
from digest.senders.smtp.core import MAX_TAIL, Session
from digest.senders.smtp.handshake import START_TLS, Features, Script
from digest.senders.smtp.opening import Opening
from digest.senders.smtp.transaction import PATIENCE

CONNECT = 30.0  # seconds, like those below
HANDSHAKE = 300.0  # for each reply
BODY = 180.0  # without progress
# A connection that was idle for longer is checked with a RSET before it is used.
PROBE_AFTER_IDLE_SECONDS = 10.0
IDLE = 60.0
LIFETIME = 300.0
QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Connection(asyncio.Protocol):
    """A connection that takes messages from `take` whenever it has room for one; made by `dial.connect`.

    `patience` caps all waiting (seconds); after `max_messages` it says goodbye; `window` messages may be on their way
    at once where the server offers CHUNKING. `gone` hears when it is over.
    """

    def __init__(
        self,
        where: str,
        take: Callable[[Connection], Job | None],
        gone: Callable[[Connection], None],
        *,
        patience: float | None,
        max_messages: int,
        window: int = 0,
        record: Record | None = None,
    ) -> None:
        self.features = Features()
        self.certificate: Mapping[
            str, Any
        ] = {}  # the server's, as ssl's `getpeercert` has it; {} without TLS
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._where = where
        self._take = take
        self._gone = gone
        self._patience = patience
        self._max_messages = max_messages
        self._window = window
        self._record = record
        self._transport: asyncio.Transport
        self._encrypted = False
        self._session: Session | None = None
        self._opening = Opening(where)
        self._leaving = False
        # More than MAX_TAIL bytes wait to be written; under TLS the event loop may not tell.
        self._paused = False
        self._unwritten = 0
        self._born = self._since = self._loop.time()
        self._watch: asyncio.TimerHandle | None = None

    # --- the handshake --------------------------------------------------------------------------------------

    async def hear_greeting(self, seconds: float) -> None:
        """Wait until the server has said something; raises SenderError or TimeoutError."""
        self._opening.put_back(await self._opening.reply(seconds))

    async def introduce(self, script: Script, context: ssl.SSLContext | None, host: str) -> None:
        """Go through the handshake; raises SenderError, OSError or TimeoutError."""
        step = next(script)
        try:
            while True:
                if step == START_TLS:
                    await self._start_tls(cast(ssl.SSLContext, context), host)
                    step = next(script)
                else:
                    self._transport.write(step)
                    step = script.send(await self._opening.reply(self._limit(HANDSHAKE)))
        except StopIteration as end:
            self.features = end.value
        if self._opening.failure:  # lost at the last moment
            raise self._opening.failure
        self._session = Session(self.features, self._where, window=self._window, record=self._record)
        self._since = self._loop.time()
        self._tick()

    async def _start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS; raises SenderBroken if the server went on talking.

        Whoever sits between us and it could have put words into its mouth before TLS began, which we would take for
        answers given under TLS. They are looked for before, too: TLS cannot begin on a connection that was given up.
        """
        self._refuse_more()
        async with asyncio.timeout(self._limit(CONNECT)):
            transport = await self._loop.start_tls(self._transport, self, context, server_hostname=host)
        self._refuse_more()
        if transport is None:
            raise SenderBusy(f"the connection to {self._where} was lost where TLS should begin")
        self._use(transport)

    def _refuse_more(self) -> None:
        if self._opening.talkative:
            raise SenderBroken(
                f"{self._where} went on talking where TLS should begin: a machine on the way may be tampering with it"
            )
        if self._opening.failure:
            raise self._opening.failure

    def _use(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._encrypted = transport.get_extra_info("sslcontext") is not None
        self.certificate = transport.get_extra_info("peercert") or {}
        self._transport.set_write_buffer_limits(high=MAX_TAIL, low=MAX_TAIL)

    def _give_up(self, error: SenderError) -> None:
        self._opening.give_up(error)
        self._transport.abort()

    # --- what asyncio tells us ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._use(transport)

    def data_received(self, data: bytes) -> None:
        if self._session is None:
            if error := self._opening.hear(data):
                self._give_up(error)
            return
        heard = self._session.heard
        self._session.receive(data)
        if self._session.heard != heard:
            self._since = self._loop.time()
        if self._session.window:
            self._acknowledge()
        self.work()

    def _acknowledge(self) -> None:
        """Tell the server's TCP at once that its reply arrived: it may hold back the next one until it knows."""
        if QUICK_ACK is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, QUICK_ACK, 1)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._since = self._loop.time()

    def eof_received(self) -> None:
        self._break(f"{self._where} closed the connection")

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(f"the connection to {self._where} was lost" + (f": {exc}" if exc else ""))
        if self._watch:
            self._watch.cancel()
        self.closed.set_result(None)
        self._gone(self)

    def _break(self, reason: str) -> None:
        """Settle what is under way, and let no further byte out."""
        if self._session:
            self._session.lost(reason, blocked=self._paused)
            self._transport.abort()
        else:
            self._give_up(SenderBusy(reason))

    # --- at work --------------------------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        return self._session is not None and self._session.idle

    def work(self) -> None:
        """Take as many messages as there is room for, and write what there is to write."""
        session, now = self._session, self._loop.time()
        assert session is not None
        if session.idle:
            if session.closing:
                self._transport.abort()
                return
            self._wake(session, now)
        while session.room and not self._expired(session, now) and (job := self._take(self)):
            session.submit(job.message, job.settle)
        if output := session.take_output():
            # Pieces that all copies share need not be copied; but each would become a TLS record of its own.
            self._transport.writelines([b"".join(output)] if self._encrypted else output)

    def _wake(self, session: Session, now: float) -> None:
        """Make an idle connection fit for its next message, or let it go."""
        if self._expired(session, now):
            self._leaving = True
            session.quit()
        elif now - self._since > PROBE_AFTER_IDLE_SECONDS:
            session.reset()
        self._since = now

    def _expired(self, session: Session, now: float) -> bool:
        return self._leaving or session.served >= self._max_messages or now - self._born > LIFETIME

    def retire(self) -> None:
        """Finish what is under way, take nothing more, say goodbye."""
        self._leaving = True
        if self.idle:
            self.work()

    def abort(self) -> None:
        """Cut the connection; what is under way gets its outcome."""
        self._break(f"the connection to {self._where} was cut from our side")

    # --- the clock ------------------------------------------------------------------------------------------

    def _limit(self, seconds: float) -> float:
        return min(seconds, self._patience) if self._patience else seconds

    def _tick(self) -> None:
        """Look at the clock now and then: cheaper than a timer for each reply."""
        self._watch = self._loop.call_later(self._limit(2.0) / 4, self._tick)
        session, now = self._session, self._loop.time()
        assert session is not None
        waited = now - self._since
        if self._paused:
            unwritten = self._transport.get_write_buffer_size()
            if unwritten != self._unwritten:
                self._unwritten, self._since = unwritten, now
            elif waited > self._limit(BODY):
                self._break(f"{self._where} stopped reading in the middle of a message")
        elif session.awaited:
            if waited > (limit := self._limit(PATIENCE[session.awaited])):
                self._break(f"{self._where} did not answer to {session.awaited.name} within {limit:g} s")
        elif waited > IDLE:
            self.retire()
