"""Many callers, few connections: each message goes to the first connection that has room for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import cast

from digest.errors import SenderBroken, SenderBusy, SenderError
from digest.model import Message, Outcome
from digest.model.findings import Finding
from digest.net.http import Http
from digest.senders import Job, JobQueue, SendResult
from digest.senders._verdicts import Record
from digest.senders.smtp.account import described, proofs
from digest.senders.smtp.connection import HANDSHAKE, Connection
from digest.senders.smtp.dial import connect
from digest.senders.smtp.handshake import Login
from digest.senders.smtp.oauth import AccessToken
from digest.senders.smtp.options import Options

# When a connection was denied while others work, the next attempt waits this long.
_RETRY_DENIED_AFTER_SECONDS = 60.0
_FIRST_GREETING = 30.0  # seconds to wait for a server's first words, before it is known that it has any
_FAREWELL = 5.0  # seconds that `close` waits for connections to end in good manners


class _Job:
    """A message and the call that waits for its outcome."""

    __slots__ = ("future", "message")

    def __init__(self, message: Message, future: asyncio.Future[Outcome]) -> None:
        self.message = message
        self.future = future

    def settle(self, verdict: SendResult) -> None:
        if self.future.done():  # the caller was cancelled
            return
        if isinstance(verdict, SenderError):
            self.future.set_exception(verdict)
        else:
            self.future.set_result(verdict)


class Sender:
    """Sends over up to `connections` connections, opened as they are needed, never more at once than there are."""

    batch_size = 1

    def __init__(self, options: Options, http: Http) -> None:
        in_each = options.window or 2  # without CHUNKING: one message at its end, one at its beginning
        self.concurrency = in_each * options.connections
        self.connections = options.connections
        self._options = options
        self._token = AccessToken(options.oauth, http) if options.oauth else None
        self._record = Record()
        self._greeted = False
        self._limit = options.connections
        self._limited_until = 0.0
        self._queue: deque[_Job] = deque()  # of calls of `send`
        self._streamed: list[JobQueue] = []
        self._connections: set[Connection] = set()
        self._ready: dict[Connection, None] = {}  # these have room, and found nothing to do
        self._dialling: set[asyncio.Task[None]] = set()

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Send the messages; raises SenderBusy or SenderBroken if the server takes none at all."""
        loop = asyncio.get_running_loop()
        jobs = [_Job(message, loop.create_future()) for message in messages]
        self._queue.extend(jobs)
        self._dispatch()
        return [await job.future for job in jobs]

    async def stream(self, queue: JobQueue) -> None:
        """Send what a queue gives, over every connection that has room, until cancelled."""
        self._streamed.append(queue)
        try:
            while True:
                self._dispatch()
                await queue.filled()
        finally:
            self._streamed.remove(queue)

    async def check(self) -> str:
        """Log in, send nothing, and say what the server offers; raises SenderBusy or SenderBroken."""
        return described(self._options, (await self._visit()).features)

    async def verify(self, domains: Sequence[str]) -> list[Finding]:
        """Log in, send nothing, and look at encryption and certificate; raises SenderBusy or SenderBroken."""
        connection = await self._visit()
        return proofs(self._options, connection.features, connection.certificate)

    async def _visit(self) -> Connection:
        connection = await self._connect()
        connection.retire()
        await asyncio.wait([connection.closed], timeout=_FAREWELL)
        return connection

    async def close(self) -> None:
        """Finish what is under way, say goodbye, and cut what does not end."""
        self._fail(SenderBusy(f"the sender for {self._options.server.where} was closed"))
        if self._dialling:
            _, late = await asyncio.wait(self._dialling, timeout=_FAREWELL)
            for task in late:
                task.cancel()
        connections = list(self._connections)
        for connection in connections:
            connection.retire()
        if connections:
            await asyncio.wait([connection.closed for connection in connections], timeout=_FAREWELL)
        for connection in list(self._connections):
            connection.abort()

    # --- messages to connections ----------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Give waiting messages to connections with room, idle ones first; open another one where all are busy."""
        crowded = False
        while self._waiting and (connection := self._room()):
            crowded = crowded or not connection.idle
            del self._ready[connection]
            connection.work()
        if crowded or self._waiting:
            self._dial()

    def _room(self) -> Connection | None:
        """Return a connection that may take a message now: one that is idle, if there is any."""
        if idle := next((ready for ready in self._ready if ready.idle), None):
            return idle
        return next(iter(self._ready), None) if self._ahead else None

    @property
    def _ahead(self) -> bool:
        """Whether a connection may begin a message behind another one."""
        return bool(self._queue) or any(queue.ahead for queue in self._streamed)

    @property
    def _waiting(self) -> bool:
        return bool(self._queue) or any(queue.waiting for queue in self._streamed)

    def _take(self, connection: Connection) -> Job | None:
        """Hand the next message to a connection that has room for one."""
        job = self._next() if connection.idle or self._ahead else None
        if job is None:
            self._ready[connection] = None
        return job

    def _next(self) -> Job | None:
        while self._queue:
            if not (call := self._queue.popleft()).future.done():
                return call
        for queue in self._streamed:
            if job := queue.take():
                return job
        return None

    def _gone(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._ready.pop(connection, None)
        self._dispatch()

    # --- new connections ------------------------------------------------------------------------------------

    def _dial(self) -> None:
        if self._limited_until and asyncio.get_running_loop().time() > self._limited_until:
            self._limit, self._limited_until = self._options.connections, 0.0
        connected, dialling = len(self._connections), len(self._dialling)
        if dialling < max(1, connected) and connected + dialling < self._limit:
            self._dialling.add(asyncio.create_task(self._open()))

    async def _open(self) -> None:
        try:
            result = await self._attempt()
        finally:
            self._dialling.discard(cast(asyncio.Task[None], asyncio.current_task()))
        if isinstance(result, SenderError):
            self._denied(result)
        else:
            self._connections.add(result)
            result.work()
        self._dispatch()

    async def _attempt(self) -> Connection | SenderError:
        try:
            return await self._connect()
        except SenderError as error:
            return error
        except Exception as error:  # whatever it is, no caller may be left waiting
            return SenderBroken(f"cannot connect to {self._options.server.where}: {error!r}")

    async def _connect(self) -> Connection:
        options = self._options
        connection = Connection(
            options.server.where,
            self._take,
            self._gone,
            patience=options.patience,
            max_messages=options.messages_per_connection,
            window=options.window,
            record=self._record,
        )
        try:
            await connect(
                connection,
                options.server,
                await self._login(),
                patience=options.patience,
                greeting=self.patience_for_greeting,
            )
        except SenderBroken:
            if self._token:
                self._token.forget()
            raise
        self._greeted = True
        return connection

    @property
    def patience_for_greeting(self) -> float:
        """Seconds to wait for a server's first words: not long where there never were any."""
        return self._options.patience or (HANDSHAKE if self._greeted else _FIRST_GREETING)

    async def _login(self) -> Login | None:
        options = self._options
        if reason := options.unready:
            raise SenderBroken(reason)
        if self._token:
            return Login(username=options.username, secret=await self._token.get(), token=True)
        if options.username:
            return Login(username=options.username, secret=options.password.get_secret_value())
        return None

    def _denied(self, error: SenderError) -> None:
        """Make do with the connections there are or will be; without any, nothing can be sent now."""
        if self._connections:
            self._limit = len(self._connections)
            self._limited_until = asyncio.get_running_loop().time() + _RETRY_DENIED_AFTER_SECONDS
        elif not self._dialling:
            self._fail(error)

    def _fail(self, error: SenderError) -> None:
        """Settle what waits."""
        while self._queue:
            self._queue.popleft().settle(error)
        for queue in self._streamed:
            queue.fail(error)
