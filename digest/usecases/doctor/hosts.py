"""Whether answers reach a domain (MX), and whether the servers that mails leave from have names (PTR)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dns import reversename

from digest.model.findings import Finding, Level
from digest.net.dns import Lookup
from digest.usecases.doctor.subject import Relay, SendingDomain


async def mx(domain: SendingDomain, ask: Lookup) -> AsyncIterator[Finding]:
    """Yield whether bounces and answers can arrive at each of a domain's names."""
    for name in sorted({domain.name, domain.envelope}):
        level, text, fix = await _mx(name, ask)
        yield domain.finding(
            "mx.record", level, "MX" if name == domain.name else f"MX of {name}, envelope", text, fix
        )


async def _mx(name: str, ask: Lookup) -> tuple[Level, str, str]:
    fix = f"{name}. IN MX 10 mail.{name}."
    hosts = sorted(text.split()[-1].rstrip(".") for text in await ask(name, "MX"))
    if hosts == [""]:
        text = "it says that the domain takes no mail (a null MX), which receivers hold against a sender"
        return Level.FAILURE, text, fix
    if not hosts:
        if await ask(name, "A") or await ask(name, "AAAA"):
            text = "there is none, so answers and bounces go to the web server's address"
            return Level.WARNING, text, fix
        return Level.FAILURE, "there is none, nor an address: nothing can be sent to this domain", fix
    lost = [host for host in hosts if not await ask(host, "A") and not await ask(host, "AAAA")]
    if lost:
        return Level.WARNING, f"{', '.join(lost)} has no address", ""
    return Level.OK, ", ".join(hosts), ""


async def ptr(domain: SendingDomain, ask: Lookup) -> AsyncIterator[Finding]:
    """Yield whether each address that mails are known to leave from has a name that leads back to it."""
    for relay in domain.relays:
        for address in await relay.addresses(ask):
            yield await _ptr(domain, relay, address, ask)


async def _ptr(domain: SendingDomain, relay: Relay, address: str, ask: Lookup) -> Finding:
    ours = relay.is_ours(domain.name)
    bad = Level.FAILURE if ours else Level.WARNING
    subject = f"PTR of {address}"
    wanted = f"mail.{domain.name}" if relay.is_here else relay.host
    kind = "AAAA" if ":" in address else "A"
    names = [text.rstrip(".") for text in await ask(str(reversename.from_address(address)), "PTR")]
    if not names:
        text = f"it has no reverse name: whoever gave you the address sets it, to {wanted} for example"
        fix = f"{reversename.from_address(address)} IN PTR {wanted}."
        return Finding(bad, subject, text, id="ptr.name", group=domain.group, fix=fix if ours else "")
    for name in names:
        if address in await ask(name, kind):
            text = f"{name}, which leads back to it"
            return Finding(Level.OK, subject, text, id="ptr.name", group=domain.group)
    text = f"it is called {names[0]}, but that name does not lead back to it: give the name this address"
    fix = f"{names[0]}. IN {kind} {address}"
    return Finding(bad, subject, text, id="ptr.name", group=domain.group, fix=fix if ours else "")
