"""Ask the machine's DNS server, and tell a name without records from a server that does not answer."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from dns import asyncresolver, exception, resolver

QUESTION_SECONDS = 4.0  # for one question, further attempts included


class Unanswered(OSError):
    """The DNS gave no answer, neither yes nor no; `silent` if no server said anything at all."""

    def __init__(self, text: str, *, silent: bool = False) -> None:
        super().__init__(text)
        self.silent = silent


class Lookup(Protocol):
    """Return the records of a name as texts, perhaps []; raises Unanswered."""

    async def __call__(self, name: str, kind: str) -> list[str]: ...


async def lookup(name: str, kind: str) -> list[str]:
    """Ask the machine's resolver; strings of a TXT record are joined as receivers join them."""
    try:
        answer = await asyncresolver.resolve(name, kind, lifetime=QUESTION_SECONDS, search=False)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except (exception.DNSException, OSError) as error:
        text = f"{name}: {str(error) or type(error).__name__}"
        raise Unanswered(text, silent=_is_silence(error)) from error
    if kind == "TXT":
        return [_shown(b"".join(record.strings)) for record in answer]
    return [record.to_text() for record in answer]


def _shown(data: bytes) -> str:
    """Return a text of unknown origin without characters that would steer a terminal."""
    text = data.decode("utf-8", "replace")
    return "".join(char if char.isprintable() else "?" for char in text)


def _is_silence(error: Exception) -> bool:
    """Tell whether no server answered; one that answers with an error knows only this name not."""
    if isinstance(error, resolver.NoNameservers):
        attempts: Any = error.kwargs.get("errors", ())
        return all(attempt[4] is None for attempt in attempts)
    return isinstance(error, OSError | exception.Timeout | resolver.NoResolverConfiguration)


class Names:
    """Asks each question once, however many want to know, and no more once the DNS turns out to be silent."""

    def __init__(self, ask: Lookup = lookup) -> None:
        self._ask = ask
        self._asked: dict[tuple[str, str], asyncio.Task[list[str]]] = {}
        self.silent = ""  # why nothing is asked any more

    async def listen(self) -> None:
        """Find out whether the DNS answers at all, by a question that every server knows the answer to."""
        try:
            await self._ask(".", "NS")
        except Unanswered as error:
            if error.silent:
                self.silent = str(error.__cause__ or error)

    async def __call__(self, name: str, kind: str) -> list[str]:
        if self.silent:
            raise Unanswered(f"{name}: {self.silent}", silent=True)
        question = name.lower().rstrip("."), kind
        if question not in self._asked:
            self._asked[question] = asyncio.create_task(self._ask(question[0], kind))
        return await asyncio.shield(self._asked[question])

    async def close(self) -> None:
        """Give up what is still being asked."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)
