"""Whether the keys that mails are signed with are those that the DNS publishes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from digest.errors import UsageError
from digest.model.findings import Finding, Level
from digest.net.dns import Lookup, dkim
from digest.settings import DkimSettings
from digest.usecases.doctor.subject import SendingDomain


async def check(domain: SendingDomain, ask: Lookup) -> AsyncIterator[Finding]:
    """Yield how the keys of a domain are; where none is configured, who has to sign instead."""
    if not domain.keys:
        text = (
            "this program signs nothing, as no [[dkim]] covers the domain: the sender must. Send yourself a "
            '"digest test" and look for dkim=pass in its headers, or make a key'
        )
        fix = f"digest dkim new {domain.name}"
        yield domain.finding("dkim.signing", Level.UNKNOWN, "DKIM signature", text, fix)
        return
    for entry in domain.keys:
        async for finding in _key(domain, entry, ask):
            yield finding


async def _key(domain: SendingDomain, entry: DkimSettings, ask: Lookup) -> AsyncIterator[Finding]:
    from digest.message.dkim import in_zone_file, signer_of  # brings cryptography, which others do not need

    name, subject = f"{entry.selector}._domainkey.{entry.domain}", f"DKIM key {entry.selector}"
    try:
        expected = signer_of(entry).dns_record()[1]
    except UsageError as error:
        expected = ""
        text = f"our own key cannot be read, so it was not compared: {error}"
        yield domain.finding("dkim.match", Level.UNKNOWN, subject, text)
    fix = in_zone_file(name, expected) if expected else ""
    texts = await ask(name, "TXT")
    if len(texts) != 1:
        text = (
            f"there are {len(texts)} records at {name}, and receivers may take any: keep one"
            if texts
            else f"nothing is published at {name}: publish it"
        )
        yield domain.finding("dkim.record", Level.FAILURE, subject, text, fix)
        return
    for id_, level, text in _faults(dkim.read(texts[0]), expected, name):
        yield domain.finding(id_, level, subject, text, fix if level is Level.FAILURE else "")


def _faults(published: dkim.PublishedKey, expected: str, name: str) -> Iterator[tuple[str, Level, str]]:
    if published.fault or not published.key:
        text = published.fault or "its p= is empty, which means that the key was withdrawn"
        yield "dkim.record", Level.FAILURE, f"the record at {name} is of no use: {text}"
        return
    yield "dkim.record", Level.OK, f"{name} publishes one"
    if expected:
        ours = dkim.read(expected)
        if (ours.kind, ours.key) == (published.kind, published.key):
            yield "dkim.match", Level.OK, "it belongs to the key that signs"
        else:
            yield (
                "dkim.match",
                Level.FAILURE,
                f"the key at {name} is not ours: publish the record of ours instead",
            )
    yield _length(published)
    if published.testing:
        text = f"the record at {name} says t=y, only testing: publish it without"
        yield "dkim.testing", Level.WARNING, text


def _length(published: dkim.PublishedKey) -> tuple[str, Level, str]:
    if published.kind == "ed25519":
        text = "an Ed25519 key: many receivers read none yet, so let an RSA key sign too"
        return "dkim.length", Level.OK, text
    level = Level.OK
    if published.bits < dkim.RECOMMENDED_RSA_BITS:
        level = Level.FAILURE if published.bits < dkim.MIN_RSA_BITS else Level.WARNING
    advice = (
        "" if level is Level.OK else f": make one with {dkim.RECOMMENDED_RSA_BITS} under another selector"
    )
    return "dkim.length", level, f"RSA with {published.bits} bits{advice}"
