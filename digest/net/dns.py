"""Ask the DNS what receivers will ask about a sending domain: SPF, DKIM, DMARC, MX, and the relay's reverse name.

Sources: RFC 7208 (SPF), RFC 6376 and 8301 (DKIM), RFC 7489 (DMARC), and the rules of the big mailbox providers.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Sequence
from typing import Protocol

from dns import asyncresolver, exception, resolver, reversename

from digest.model.findings import Finding, Level

MAX_SPF_LOOKUPS = 10  # RFC 7208, 4.6.4: more is a permanent error for every receiver
RECOMMENDED_RSA_BITS = 2048  # RFC 8301: at least 1024 must, 2048 should


class Unanswered(OSError):
    """The DNS gave no answer at all, neither yes nor no."""


class Lookup(Protocol):
    """Return the records of a name as texts, perhaps []; raises Unanswered."""

    async def __call__(self, name: str, kind: str) -> list[str]: ...


async def lookup(name: str, kind: str) -> list[str]:
    """Ask the machine's resolver; strings of a TXT record are joined as receivers join them."""
    try:
        answer = await asyncresolver.resolve(name, kind, lifetime=4, search=False)
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except (exception.DNSException, OSError) as error:
        raise Unanswered(f"{name}: {str(error) or type(error).__name__}") from error
    if kind == "TXT":
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
    return [record.to_text() for record in answer]


async def examine(
    domain: str, *, relay: str = "", keys: Sequence[tuple[str, str]] = (), ask: Lookup = lookup
) -> list[Finding]:
    """Look at everything that decides whether mail from `domain` is believed; one finding for each.

    `relay` is the mail server that the mails are handed to, `keys` the DKIM keys as (selector, domain).
    """
    looks: list[tuple[str, Awaitable[tuple[Level, str]]]] = [
        (f"SPF of {domain}", _spf(domain, ask)),
        (f"DMARC of {domain}", _dmarc(domain, ask)),
        (f"MX of {domain}", _mx(domain, ask)),
        *((f"DKIM key {selector} of {owner}", _dkim(owner, selector, ask)) for selector, owner in keys),
    ]
    if relay:
        looks.append((f"PTR of {relay}", _ptr(relay, ask)))
    return list(await asyncio.gather(*(_finding(subject, look) for subject, look in looks)))


async def _finding(subject: str, look: Awaitable[tuple[Level, str]]) -> Finding:
    try:
        level, text = await look
    except Unanswered as error:
        level, text = Level.WARNING, f"could not be looked up: {error}"
    return Finding(level, subject, text)


async def _spf(domain: str, ask: Lookup) -> tuple[Level, str]:
    records = [text for text in await ask(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return (
            Level.FAILURE,
            'there is none: publish a TXT record such as "v=spf1 include:your-relay.example -all"',
        )
    if len(records) > 1:
        return Level.FAILURE, "there are several, which receivers treat as none: keep one"
    terms = records[0].lower().split()[1:]
    if "+all" in terms or "all" in terms:
        return Level.FAILURE, 'it allows the whole world ("+all"): end it with "-all" or "~all"'
    count = await _spf_lookups(records[0], ask, set())
    if count > MAX_SPF_LOOKUPS:
        return (
            Level.FAILURE,
            f"it needs {count} look-ups and receivers stop at {MAX_SPF_LOOKUPS}: remove some includes",
        )
    return Level.OK, f"{records[0]} ({count} of {MAX_SPF_LOOKUPS} look-ups)"


async def _spf_lookups(record: str, ask: Lookup, seen: set[str]) -> int:
    """Count what a receiver has to ask, includes followed; a name is followed once."""
    count = 0
    for term in record.lower().split()[1:]:
        mechanism, _, value = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
        if mechanism.partition("/")[0] in {"include", "a", "mx", "ptr", "exists", "redirect"}:
            count += 1
        if mechanism in {"include", "redirect"} and value not in seen and len(seen) <= 2 * MAX_SPF_LOOKUPS:
            seen.add(value)
            for text in await ask(value, "TXT"):
                if text.lower().startswith("v=spf1"):
                    count += await _spf_lookups(text, ask, seen)
    return count


async def _dmarc(domain: str, ask: Lookup) -> tuple[Level, str]:
    labels = domain.split(".")
    for parent in (".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))):
        for text in await ask(f"_dmarc.{parent}", "TXT"):
            tags = _tags(text)
            if tags.get("v", "").upper() == "DMARC1":
                policy = tags.get("p", "")
                if policy not in {"none", "quarantine", "reject"}:
                    return (
                        Level.FAILURE,
                        f'its policy is {policy!r}: it must be "p=none", "quarantine" or "reject"',
                    )
                return Level.OK, f"{text} (at _dmarc.{parent})"
    return (
        Level.FAILURE,
        f'there is none: publish TXT "v=DMARC1; p=none; rua=mailto:you@{domain}" at _dmarc.{domain}',
    )


async def _mx(domain: str, ask: Lookup) -> tuple[Level, str]:
    if found := [text for text in await ask(domain, "MX") if text.split()[-1] != "."]:
        return Level.OK, ", ".join(sorted(text.split()[-1].rstrip(".") for text in found))
    return Level.WARNING, "there is none: replies and bounces to this domain cannot arrive"


async def _dkim(domain: str, selector: str, ask: Lookup) -> tuple[Level, str]:
    name = f"{selector}._domainkey.{domain}"
    texts = await ask(name, "TXT")
    if not texts:
        return Level.FAILURE, f"there is no key at {name}: publish the record of your key"
    tags = _tags(texts[0])
    if not tags.get("p"):
        return Level.FAILURE, f"the key at {name} is empty, which means withdrawn"
    if tags.get("k", "rsa") == "ed25519":
        return Level.OK, "an Ed25519 key"
    return _rsa(tags["p"], name)


def _rsa(encoded: str, name: str) -> tuple[Level, str]:
    # Here, for a process that delivers asks for MX records alone.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        key = load_der_public_key(base64.b64decode(encoded.replace(" ", ""), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return Level.FAILURE, f"the key at {name} cannot be read: compare it with your key's record"
    if not isinstance(key, RSAPublicKey):
        return Level.FAILURE, f"the key at {name} is not an RSA key"
    if key.key_size < RECOMMENDED_RSA_BITS:
        level = Level.FAILURE if key.key_size < RECOMMENDED_RSA_BITS // 2 else Level.WARNING
        return level, f"the RSA key has {key.key_size} bits: make one with {RECOMMENDED_RSA_BITS}"
    return Level.OK, f"an RSA key with {key.key_size} bits"


async def _ptr(relay: str, ask: Lookup) -> tuple[Level, str]:
    addresses = [*await ask(relay, "A"), *await ask(relay, "AAAA")]
    if not addresses:
        return Level.FAILURE, "this name has no address"
    for address in addresses:
        names = [text.rstrip(".") for text in await ask(str(reversename.from_address(address)), "PTR")]
        if not names:
            return Level.WARNING, f"{address} has no reverse name; many receivers refuse such senders"
        back = [text for name in names for text in [*await ask(name, "A"), *await ask(name, "AAAA")]]
        if address not in back:
            return Level.WARNING, f"{address} is called {names[0]}, but that name does not lead back to it"
    return Level.OK, ", ".join(addresses)


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
