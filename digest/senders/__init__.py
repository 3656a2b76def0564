"""Hand messages over: one module per kind, each with `Options` and `Sender`; nothing else needs to know it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import ClassVar, Protocol, TypeAlias, runtime_checkable

from pydantic import SecretStr

from digest.errors import SenderError
from digest.model import Message, Outcome
from digest.model.findings import Finding
from digest.settings.values import Shape

#: What became of a message, or why the sender could not even try.
SendResult: TypeAlias = Outcome | SenderError


class SenderOptions(Shape):
    """What every kind's `Options` inherits."""

    #: Whether the readers' mail hosts feel how fast we hand over: a mail server passes mails on as they come, an email
    #: service spreads them by itself.
    felt_by_hosts: ClassVar[bool] = False

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield the keys that name something on this machine which cannot be used, each with what is wrong with it."""
        yield from ()

    def lacks(self) -> Iterator[tuple[str, str]]:
        """Yield the secrets without which nothing can be sent and that are not there, each with what to do.

        Commands that send nothing may run without the sender's secrets, so this is no error of the configuration.
        """
        yield from ()

    @property
    def unready(self) -> str:
        """Why nothing can be sent; "" if nothing is lacking."""
        return next((f"`{key}` {text}" for key, text in self.lacks()), "")


def is_empty(secret: SecretStr) -> bool:
    """Tell whether a secret is missing."""
    return not secret.get_secret_value().strip()


#: What to do about a secret that is not there.
MISSING = "is missing: put the secret there, or into the environment or a secret file"


class Sender(Protocol):
    """A way to hand messages over; made as `Sender(options, http)`, used by many tasks at once."""

    batch_size: int  # messages that one call may carry
    concurrency: int  # calls that are worth having under way at once

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Hand over at most `batch_size` messages; one outcome per message, in their order.

        Raises SenderBusy, SenderUnfit or SenderBroken if the whole call failed and no message of it was taken.
        """
        ...

    async def check(self) -> str:
        """Log in, send nothing, and say in a few words what is there; raises SenderError."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of connections."""
        ...


@runtime_checkable
class Verifying(Protocol):
    """A sender that can tell more than `check` does, by calls that only read: for `digest check --online`."""

    async def verify(self, domains: Sequence[str]) -> list[Finding]:
        """Look whether mails from `domains` would be taken, send nothing; raises SenderError.

        Ids are those of `digest.usecases.doctor.catalogue` that begin with "sender."; subjects stand alone ("domain
        example.org"), and what the account may not ask is a finding with Level.UNKNOWN.
        """
        ...


@runtime_checkable
class Idempotent(Protocol):
    """A sender whose provider documents that a repeated call under the same key is answered as the first one was.

    `call_key` names a call by its messages in their order; for `idempotent_for` after the first one it may be repeated.
    """

    idempotent_for: timedelta

    def call_key(self, messages: Sequence[Message]) -> str:
        """Return the key under which `send` makes a call of these messages."""
        ...


class Job(Protocol):
    """A message to be handed over, and the callback for its result."""

    @property
    def message(self) -> Message: ...

    def settle(self, verdict: SendResult) -> None:
        """Hear what became of it, once."""
        ...


class JobQueue(Protocol):
    """Where a sender may take messages from; a message that was taken has to be settled."""

    @property
    def waiting(self) -> int: ...

    @property
    def ahead(self) -> bool:
        """Whether to begin a message before the one in front of it is answered: not where that takes long."""
        ...

    def take(self) -> Job | None:
        """Return the next message; None if there is none now."""
        ...

    async def filled(self) -> None:
        """Wait until there are more."""
        ...

    def fail(self, error: SenderError) -> None:
        """Hear that no message can be taken at all now."""
        ...


@runtime_checkable
class Streaming(Protocol):
    """A sender that can also help itself to the next message at the moment it has room for one.

    It saves two changes of tasks for every message, and lets one write carry the end of a message and what follows it.
    """

    connections: int  # messages that are under way at once at most, with none behind another one

    async def stream(self, queue: JobQueue) -> None:
        """Hand over what the queue gives, until cancelled."""
        ...
