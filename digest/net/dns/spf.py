"""SPF: what a receiver has to ask for a domain, and what it concludes for an address (RFC 7208)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

from dns import reversename

from digest.net.dns.resolver import Lookup
from digest.net.dns.spf_terms import ASKING, Address, Mechanism, Record, expand, is_record, parse

MAX_LOOKUPS = 10  # RFC 7208, 4.6.4: more is a permanent error for every receiver
MAX_VOID_LOOKUPS = 2  # of names that have no record, the same
_MAX_NAMES = 10  # of one mx or ptr
_ENOUGH = 4 * MAX_LOOKUPS  # where counting stops: records that include each other never end


class PermError(Exception):
    """A receiver gives up on a record; the text says why."""


@dataclass(slots=True)
class Survey:
    """All that a record leads to: look-ups, names without records, how deep includes go, and what stops receivers."""

    lookups: int = 0
    void: list[str] = field(default_factory=list)
    depth: int = 0
    faults: list[str] = field(default_factory=list)


async def records(domain: str, ask: Lookup) -> list[str]:
    """Return a domain's SPF records, of which there must be one; raises Unanswered."""
    return [text for text in await ask(domain, "TXT") if is_record(text)]


async def survey(domain: str, ask: Lookup) -> Survey:
    """Follow everything that a domain's record names, as for an address that nothing matches; raises Unanswered."""
    walk = _Walk(ask, None, f"postmaster@{domain}")
    try:
        await walk.check(domain, 0)
    except PermError as error:
        walk.seen.faults.append(str(error))
    return walk.seen


async def evaluate(address: str, domain: str, ask: Lookup) -> tuple[str, str]:
    """Return what a receiver concludes for an address ("pass", "fail", ...) and why; raises Unanswered."""
    walk = _Walk(ask, ip_address(address), f"postmaster@{domain}")
    try:
        result = await walk.check(domain, 0)
    except PermError as error:
        return "permerror", str(error)
    if walk.seen.lookups > MAX_LOOKUPS or len(walk.seen.void) > MAX_VOID_LOOKUPS:
        return "permerror", "too many look-ups"
    return result, walk.matched


class _Walk:
    """One evaluation; without an address nothing matches, so that everything is visited."""

    def __init__(self, ask: Lookup, address: Address | None, sender: str) -> None:
        self.seen = Survey()
        self.matched = ""
        self._ask = ask
        self._address = address
        self._sender = sender

    async def check(self, domain: str, depth: int) -> str:
        """Return the result of a domain's record, "none" without one; raises PermError, Unanswered."""
        self.seen.depth = max(self.seen.depth, depth)
        texts = await records(domain, self._ask)
        if len(texts) > 1:
            raise PermError(f"{domain} has {len(texts)} SPF records")
        if not texts:
            return "none"
        record = parse(texts[0])
        if record.faults:
            raise PermError(
                f"{domain} has a term that does not exist or is written wrong: {record.faults[0]}"
            )
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain, depth):
                self.matched = f"{mechanism.name} of {domain}"
                return mechanism.result
        return await self._redirected(record, domain, depth)

    async def _redirected(self, record: Record, domain: str, depth: int) -> str:
        if not record.redirect:
            return "neutral"
        self._count()
        target = expand(record.redirect, domain, self._sender, self._address)
        if target is None or self.seen.lookups > _ENOUGH:
            return "neutral"
        if (result := await self.check(target, depth + 1)) == "none":
            raise PermError(f"{domain} redirects to {target}, which has no SPF record")
        return result

    def _count(self) -> None:
        self.seen.lookups += 1

    async def _matches(self, one: Mechanism, domain: str, depth: int) -> bool:
        if one.name == "all":
            return True
        if one.network is not None:
            return self._address is not None and self._address in one.network
        if one.name in ASKING:
            self._count()
        target = expand(one.value or domain, domain, self._sender, self._address)
        if target is None or self.seen.lookups > _ENOUGH:
            return False
        match one.name:
            case "include":
                return await self._included(target, domain, depth)
            case "exists":
                return bool(await self._asked(target, "A")) and self._address is not None
            case "ptr":
                return await self._named(target)
            case "mx":
                answers = await self._asked(target, "MX")
                hosts = [text.split()[-1] for text in answers if text.split()[-1] != "."]
                if len(hosts) > _MAX_NAMES:
                    raise PermError(f"{target} has more than {_MAX_NAMES} MX records")
                return any([await self._at(host, one, counts=False) for host in hosts])
            case _:
                return await self._at(target, one)

    async def _included(self, target: str, domain: str, depth: int) -> bool:
        result = await self.check(target, depth + 1)
        if result == "none":
            raise PermError(f"{domain} includes {target}, which has no SPF record")
        return result == "pass" and self._address is not None

    async def _at(self, host: str, one: Mechanism, *, counts: bool = True) -> bool:
        """Tell whether our address is one of a host's."""
        if self._address is None:
            if not await self._ask(host, "A") and not await self._ask(host, "AAAA") and counts:
                self.seen.void.append(host)
            return False
        kind, prefix = ("A", one.prefixes[0]) if self._address.version == 4 else ("AAAA", one.prefixes[1])
        answers = await (self._asked(host, kind) if counts else self._ask(host, kind))
        return _among(self._address, answers, prefix)

    async def _asked(self, name: str, kind: str) -> list[str]:
        answers = await self._ask(name, kind)
        if not answers:
            self.seen.void.append(name)
        return answers

    async def _named(self, target: str) -> bool:
        """Tell whether our address has a confirmed name within a domain; slow, and not to be used any more."""
        if self._address is None:
            return False
        names = await self._ask(str(reversename.from_address(str(self._address))), "PTR")
        kind = "A" if self._address.version == 4 else "AAAA"
        for name in (text.rstrip(".").lower() for text in names[:_MAX_NAMES]):
            if f".{name}".endswith(f".{target.lower()}") and str(self._address) in await self._ask(
                name, kind
            ):
                return True
        return False


def _among(address: Address, answers: Sequence[str], prefix: int) -> bool:
    return any(address in ip_network(f"{answer}/{prefix}", strict=False) for answer in answers)
