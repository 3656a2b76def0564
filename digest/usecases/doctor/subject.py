"""What is examined: domains that mails are from, the servers they leave through, and how much of that can be known."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from digest.model.findings import Finding, Level
from digest.net.dns import Lookup
from digest.net.http import is_public, is_this_machine
from digest.pipeline.personalise import letterhead
from digest.settings import DkimSettings, Newsletter, SenderSettings, Settings

#: RFC 1918, RFC 6598 and RFC 4193: networks whose addresses nobody outside sees.
_INSIDE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_MAIL_PORTS = (25, 465, 587)
# Of documentation's networks (RFC 5737, 3849): nothing is sent there, the system only says which address it would use.
_FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A mail server that mails are handed to."""

    host: str
    port: int

    @property
    def is_here(self) -> bool:
        return is_this_machine(self.host)

    @property
    def is_mail_server(self) -> bool:
        """Whether mails go on from there: behind another port of this machine is a test's mailbox, or a tunnel."""
        return not self.is_here or self.port in _MAIL_PORTS

    def is_ours(self, domain: str) -> bool:
        """Tell whether it is most likely the sender's own server, which mails leave from by its own address."""
        return self.is_here or _owner(self.host) == _owner(domain)

    async def addresses(self, ask: Lookup) -> list[str]:
        """Return the addresses that receivers may see it by; none of networks inside a house. Raises Unanswered."""
        if self.is_here:
            return await asyncio.to_thread(own_addresses)
        if self.host.replace(".", "").isdigit() or ":" in self.host:
            found = [self.host]
        else:
            found = [*await ask(self.host, "A"), *await ask(self.host, "AAAA")]
        return [address for address in found if not _is_inside(address)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingDomain:
    """A domain that newsletters are from: `envelope` is the domain that bounces go to, `relays` where mails leave."""

    name: str
    envelope: str
    relays: tuple[Relay, ...]
    keys: tuple[DkimSettings, ...]
    services: tuple[str, ...]  # kinds of the senders that are no mail servers

    @property
    def group(self) -> str:
        return f"domain {self.name}"

    def finding(self, id_: str, level: Level, subject: str, text: str, fix: str = "") -> Finding:
        return Finding(level, f"{subject} of {self.name}", text, id=id_, group=self.group, fix=fix)


def sending_domains(settings: Settings) -> list[SendingDomain]:
    """Return the domains of all newsletters; none where mails are sent to nobody."""
    live = [entry for entry in settings.senders if entry.kind != "eml"]
    relays = tuple(relay for entry in live if (relay := _relay(entry)))
    services = tuple(entry.kind for entry in live if not _relay(entry))
    if not services and not any(relay.is_mail_server for relay in relays):
        return []
    found = {_domains(newsletter): None for newsletter in settings.newsletters}
    return [
        SendingDomain(
            name=name,
            envelope=envelope,
            relays=tuple(relay for relay in relays if relay.is_mail_server),
            keys=tuple(key for key in settings.dkim if key.covers(name)),
            services=services,
        )
        for name, envelope in sorted(found)
    ]


def _domains(newsletter: Newsletter) -> tuple[str, str]:
    head = letterhead(newsletter)
    return head.domain, (head.bounces or head.author[1]).rpartition("@")[2].strip(">")


def _relay(entry: SenderSettings) -> Relay | None:
    host, port = getattr(entry.options, "host", ""), getattr(entry.options, "port", 0)
    return Relay(host=str(host), port=int(port)) if host else None


def _owner(name: str) -> str:
    """Return the domain that was most likely bought: the last two labels, three as in example.co.uk."""
    labels = name.lower().rstrip(".").split(".")
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


def _is_inside(address: str) -> bool:
    """Tell whether an address is one behind a router: receivers see another one."""
    ip = ip_address(address)
    return ip.is_loopback or ip.is_link_local or any(ip in network for network in _INSIDE)


def own_addresses() -> list[str]:
    """Return the public addresses that this machine sends from; none behind a router that translates them."""
    found = []
    for family, place in _FAR_AWAY:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((place, 9))
            except OSError:
                continue
            found.append(str(probe.getsockname()[0]))
    return [address for address in found if is_public(address)]
