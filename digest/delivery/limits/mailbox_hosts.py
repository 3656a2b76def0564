"""Which mail host a reader's mailbox is at: its domain's own name, or the host that its MX record names.

A newsroom's readers have thousands of domains, and a few hosts keep most of them; a limit holds for all domains of
one host. MX records are asked for in the background. Until the answer is there, and where there is none, a domain
stands for itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

#: Returns a domain's MX records as the DNS writes them, "10 mx.example.org."; raises OSError if it gives no answer.
MxLookup: TypeAlias = Callable[[str], Awaitable[list[str]]]

_MAX_CONCURRENT_LOOKUPS = 4  # look-ups under way at once
_MAX_WAITING_DOMAINS = 5_000  # domains that wait for theirs, at most
_MAX_KNOWN_DOMAINS = 50_000  # domains that are remembered, at most
_ASK_AGAIN_SECONDS = 86_400.0  # seconds after which everything is asked again
_MAX_UNANSWERED_LOOKUPS = 5  # look-ups without an answer in a row, after which no more are made ...
_PAUSE_SECONDS = 600.0  # ... for this time

#: Mailbox hosts with several domains of their own.
_CANONICAL_NAMES = {
    "googlemail.com": "gmail.com",
    "hotmail.com": "outlook.com",
    "hotmail.co.uk": "outlook.com",
    "hotmail.de": "outlook.com",
    "hotmail.fr": "outlook.com",
    "hotmail.it": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "ymail.com": "yahoo.com",
    "rocketmail.com": "yahoo.com",
    "yahoo.co.uk": "yahoo.com",
    "yahoo.de": "yahoo.com",
    "yahoo.fr": "yahoo.com",
    "aol.com": "yahoo.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
#: Owners of mail servers, under the name that their mailboxes are known by.
_HOST_OF_MX_OWNER = {
    "google.com": "gmail.com",
    "googlemail.com": "gmail.com",
    "outlook.com": "outlook.com",
    "mx.microsoft": "outlook.com",
    "yahoodns.net": "yahoo.com",
}
#: Names without mailboxes: RFC 2606 and RFC 6761 keep these names for examples and tests.
_EXAMPLES = ("test", "example", "invalid", "localhost", "local", "example.com", "example.net", "example.org")


def host_from_mx(domain: str, records: list[str]) -> str:
    """Return the host that a domain's MX records name first; the domain itself where they name none."""
    ranked = sorted((int(rank), name) for rank, name in (record.lower().split() for record in records))
    exchange = ranked[0][1].rstrip(".") if ranked else ""
    if not exchange:  # none, or "0 .", which says that it takes no mail
        return domain
    labels = exchange.split(".")
    # mx1.mail.example.co.uk belongs to example.co.uk: near enough to a list of all such endings.
    under_a_country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    owner = ".".join(labels[-3:] if under_a_country else labels[-2:])
    return _HOST_OF_MX_OWNER.get(owner, owner)


def canonical(domain: str) -> str:
    """Return the name under which a mailbox host is known that has several."""
    return _CANONICAL_NAMES.get(domain, domain)


class MailboxHostResolver:
    """Knows the hosts of domains; with `mx` it looks up those that it does not know. Those `named` are their own."""

    def __init__(self, mx: MxLookup | None = None, named: Collection[str] = ()) -> None:
        self._mx = mx
        self._named = {*_CANONICAL_NAMES.values(), *named}
        self._known: dict[str, str] = {}
        self._waiting: deque[str] = deque()
        self._asking: set[asyncio.Task[None]] = set()
        self._silence = 0
        self._asks_again_at = 0.0
        self._since = 0.0

    def of(self, address: str) -> str:
        """Return the name under which an address's host is counted, as far as it is known by now."""
        domain = address.rpartition("@")[2].lower()
        return self._known.get(domain) or self._meet(domain)

    def age(self, at: float) -> None:
        """Forget what was looked up a day ago; `at` is monotonic, in seconds."""
        if at - self._since > _ASK_AGAIN_SECONDS:
            self._known.clear()
            self._since = at

    async def close(self) -> None:
        """Ask no more."""
        self._waiting.clear()
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    def _meet(self, domain: str) -> str:
        """Take in a domain that is seen for the first time."""
        host = canonical(domain)
        if self._mx and host == domain and domain not in self._named and _is_somebodys(domain):
            self._ask(domain)
        if len(self._known) >= _MAX_KNOWN_DOMAINS:
            del self._known[next(iter(self._known))]
        self._known[domain] = host
        return host

    def _ask(self, domain: str) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._waiting) >= _MAX_WAITING_DOMAINS or now < self._asks_again_at:
            return
        self._waiting.append(domain)
        if len(self._asking) < _MAX_CONCURRENT_LOOKUPS:
            task = asyncio.create_task(self._look_up())
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _look_up(self) -> None:
        assert self._mx is not None
        while self._waiting:
            domain = self._waiting.popleft()
            try:
                self._known[domain] = host_from_mx(domain, await self._mx(domain))
                self._silence = 0
            except (OSError, ValueError):  # no answer, or none that can be read: it stands for itself
                self._silence += 1
                if self._silence >= _MAX_UNANSWERED_LOOKUPS:
                    self._asks_again_at = asyncio.get_running_loop().time() + _PAUSE_SECONDS
                    self._waiting.clear()


def _is_somebodys(domain: str) -> bool:
    return "." in domain and not any(domain == name or domain.endswith(f".{name}") for name in _EXAMPLES)
