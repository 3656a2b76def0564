"""The terms of an SPF record, read but not followed: RFC 7208, 4.6 and 5 to 7."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})  # each costs a look-up, and so does redirect

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)")
_MECHANISM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|exists)(?::(\S*?))?(?:/(\d{1,3}))?(?://(\d{1,3}))?", re.IGNORECASE
)
_ADDRESS = re.compile(r"([+?~-]?)(ip[46]):(\S+)", re.IGNORECASE)
_MACRO = re.compile(r"%(?:\{([A-Za-z])(\d*)(r?)([.\-+,/_=]*)\}|([%_-]))")


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism: what matches (`name`, `value`, prefixes) and the result that then holds."""

    result: str
    name: str
    value: str = ""
    network: Network | None = None
    prefixes: tuple[int, int] = (32, 128)


@dataclass(frozen=True, slots=True)
class Record:
    mechanisms: tuple[Mechanism, ...]
    redirect: str = ""
    faults: tuple[str, ...] = ()

    @property
    def ending(self) -> str:
        """What holds for all senders that are not named: a result, "" where the record leaves it to another one."""
        found = next((one.result for one in self.mechanisms if one.name == "all"), "")
        return found or ("" if self.redirect else "neutral")


def is_record(text: str) -> bool:
    """Tell whether a TXT record is one of SPF."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(text: str) -> Record:
    """Read a record; what cannot be read stands in `faults`, each of which makes receivers give up."""
    mechanisms, faults, redirects = [], [], []
    for term in text.split()[1:]:
        if modifier := _MODIFIER.fullmatch(term):
            if modifier[1].lower() == "redirect":
                redirects.append(modifier[2])
        elif mechanism := _mechanism(term):
            mechanisms.append(mechanism)
        else:
            faults.append(term)
    return Record(tuple(mechanisms), next(iter(redirects), ""), (*faults, *redirects[1:]))


def _mechanism(term: str) -> Mechanism | None:
    if found := _ADDRESS.fullmatch(term):
        try:
            network = ip_network(found[3], strict=False)
        except ValueError:
            return None
        if found[2][-1] != str(network.version):
            return None
        return Mechanism(RESULTS[found[1] or "+"], found[2].lower(), network=network)
    if not (found := _MECHANISM.fullmatch(term)):
        return None
    name, value = found[2].lower(), found[3] or ""
    prefixes = int(found[4] or 32), int(found[5] or 128)
    if prefixes[0] > 32 or prefixes[1] > 128 or (name in ("include", "exists")) > bool(value):
        return None
    return Mechanism(RESULTS[found[1] or "+"], name, value, prefixes=prefixes)


def expand(text: str, domain: str, sender: str, address: Address | None) -> str | None:
    """Put in what macros stand for (RFC 7208, 7); None where that takes the address and there is none."""
    local, _, sender_domain = sender.rpartition("@")
    values = {
        "s": sender,
        "l": local or "postmaster",
        "o": sender_domain,
        "d": domain,
        "h": domain,
        "p": "unknown",
    }
    if address is not None:
        dotted = ".".join(address.exploded.replace(":", "")) if address.version == 6 else str(address)
        values |= {"i": dotted, "v": "in-addr" if address.version == 4 else "ip6"}
    missing = False

    def one(found: re.Match[str]) -> str:
        nonlocal missing
        if found[5]:
            return {"%": "%", "_": " ", "-": "%20"}[found[5]]
        value = values.get(found[1].lower())
        missing = missing or value is None
        parts = re.split(f"[{re.escape(found[4] or '.')}]", value or "")
        parts = parts[::-1] if found[3] else parts
        return ".".join(parts[-int(found[2]) :] if found[2] else parts)

    expanded = _MACRO.sub(one, text)
    return None if missing else expanded
