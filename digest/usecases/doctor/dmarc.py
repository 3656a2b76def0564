"""Whether a domain has a DMARC policy, and whether mails are aligned with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from digest.model.findings import Finding, Level
from digest.net.dns import Lookup, dmarc
from digest.usecases.doctor.subject import SendingDomain


async def check(domain: SendingDomain, ask: Lookup) -> AsyncIterator[Finding]:
    """Yield the policy that receivers will find, where its reports go, and what is aligned."""
    policy = await dmarc.find(domain.name, ask)
    record = _record(domain, policy)
    yield record
    if record.level is Level.OK:
        yield _alignment(domain, policy)
        yield _strictness(domain, policy)
        yield await _reports(domain, policy, ask)


def _record(domain: SendingDomain, policy: dmarc.Policy) -> Finding:
    fix = _suggested(domain.name)
    if not policy.texts:
        return domain.finding(
            "dmarc.record", Level.FAILURE, "DMARC record", "there is none: publish one", fix
        )
    place = f"_dmarc.{policy.at}"
    if len(policy.texts) > 1:
        text = f"there are {len(policy.texts)} at {place}, which receivers treat as none: keep one"
        return domain.finding("dmarc.record", Level.FAILURE, "DMARC record", text)
    if policy.wanted not in dmarc.POLICIES:
        text = f'{place} has the policy {policy.wanted!r}: it must be "p=none", "p=quarantine" or "p=reject"'
        return domain.finding("dmarc.record", Level.FAILURE, "DMARC record", text, fix)
    return domain.finding("dmarc.record", Level.OK, "DMARC record", f"{policy.texts[0]} (at {place})")


def _strictness(domain: SendingDomain, policy: dmarc.Policy) -> Finding:
    text = {
        "none": "none: enough for the rules; move on to quarantine once the reports show no mail of yours that fails",
        "quarantine": "quarantine: what is not aligned lands in spam",
        "reject": "reject: what is not aligned is refused",
    }[policy.wanted]
    return domain.finding("dmarc.policy", Level.OK, "DMARC policy", text)


async def _reports(domain: SendingDomain, policy: dmarc.Policy, ask: Lookup) -> Finding:
    rua = policy.tags.get("rua", "")
    if not rua:
        text = "nobody gets any: add rua=mailto: with an address that you read"
        fix = _suggested(policy.at, policy.tags.get("p", "none"))
        return domain.finding("dmarc.reports", Level.WARNING, "DMARC reports", text, fix)
    targets = dmarc.report_domains(rua)
    if targets is None:
        text = (
            f'rua={rua} cannot be read: write "rua=mailto:name@example.org", several with commas between them'
        )
        return domain.finding("dmarc.reports", Level.WARNING, "DMARC reports", text)
    for target in targets:
        if f".{target}".endswith(f".{policy.organisation}"):
            continue
        name = f"{policy.at}._report._dmarc.{target}"
        if not any(text.startswith("v=DMARC1") for text in await ask(name, "TXT")):
            text = f"{target} does not say that it takes reports on {policy.at}: its operator must publish a record"
            fix = f'{name}. IN TXT "v=DMARC1"'
            return domain.finding("dmarc.reports", Level.WARNING, "DMARC reports", text, fix)
    return domain.finding("dmarc.reports", Level.OK, "DMARC reports", f"go to {rua}")


def _alignment(domain: SendingDomain, policy: dmarc.Policy) -> Finding:
    tags = policy.tags
    aligned = []
    if domain.relays and policy.is_aligned(domain.envelope, strict=tags.get("aspf", "r").lower() == "s"):
        aligned.append(f"SPF ({domain.envelope})")
    strict = tags.get("adkim", "r").lower() == "s"
    aligned += [
        f"DKIM (d={key.domain})" for key in domain.keys if policy.is_aligned(key.domain, strict=strict)
    ]
    if aligned:
        text = f"{' and '.join(dict.fromkeys(aligned))} with From"
        return domain.finding("dmarc.alignment", Level.OK, "DMARC alignment", text)
    if not domain.keys and domain.services:
        text = f"{', '.join(domain.services)} has to sign with d={policy.organisation}, which cannot be seen from here"
        return domain.finding("dmarc.alignment", Level.UNKNOWN, "DMARC alignment", text)
    text = (
        f"neither the envelope's domain {domain.envelope} nor a DKIM key belongs to {domain.name} as the record wants: "
        f"sign with a key of {domain.name}"
    )
    fix = f"digest dkim new {domain.name}"
    return domain.finding("dmarc.alignment", Level.FAILURE, "DMARC alignment", text, fix)


def _suggested(domain: str, policy: str = "none") -> str:
    return f'_dmarc.{domain}. IN TXT "v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}"'
