"""Whether a domain's SPF record names the servers that its mails leave from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_address

from digest.model.findings import Finding, Level
from digest.net.dns import Lookup, spf
from digest.net.dns.spf_terms import parse
from digest.terminal import counted
from digest.usecases.doctor.subject import Relay, SendingDomain

#: What well-known services ask their customers to include, by the end of their servers' names.
_INCLUDES = {
    "amazonaws.com": "amazonses.com",
    "brevo.com": "spf.brevo.com",
    "gmail.com": "_spf.google.com",
    "google.com": "_spf.google.com",
    "mailgun.org": "mailgun.org",
    "mailjet.com": "spf.mailjet.com",
    "office365.com": "spf.protection.outlook.com",
    "postmarkapp.com": "spf.mtasv.net",
    "sendgrid.net": "sendgrid.net",
    "sparkpostmail.com": "sparkpostmail.com",
}
_TO_FILL_IN = "PROVIDER"


async def check(domain: SendingDomain, ask: Lookup) -> AsyncIterator[Finding]:
    """Yield what receivers will find of SPF; of the envelope's domain, for that is the one they look at."""
    name = domain.envelope
    texts = await spf.records(name, ask)
    suggestion = _as_txt(name, await _suggested(domain, ask))
    if len(texts) != 1:
        yield _not_one(domain, len(texts), suggestion)
        return
    yield domain.finding("spf.record", Level.OK, "SPF record", texts[0])
    yield _ending(domain, texts[0])
    yield _lookups(domain, await spf.survey(name, ask))
    for relay in domain.relays:
        async for finding in _addresses(domain, relay, texts[0], ask):
            yield finding


def _not_one(domain: SendingDomain, count: int, suggestion: str) -> Finding:
    if count:
        text = f"there are {count}, which receivers treat as an error: join them into one"
        return domain.finding("spf.record", Level.FAILURE, "SPF record", text)
    if domain.relays:
        unknown = f"; in place of {_TO_FILL_IN} goes what your provider asks you to include"
        text = f"there is none: publish one{unknown if _TO_FILL_IN in suggestion else ''}"
        return domain.finding("spf.record", Level.FAILURE, "SPF record", text, suggestion)
    text = f"there is none. {', '.join(domain.services)} may use a bounce domain of its own: publish what it asks for"
    return domain.finding("spf.record", Level.WARNING, "SPF record", text)


def _ending(domain: SendingDomain, text: str) -> Finding:
    match parse(text).ending:
        case "pass":
            fix = _as_txt(domain.envelope, " ".join([*_without_all(text), "-all"]))
            said = 'it lets the whole world send ("+all"): end it with "-all" or "~all"'
            return domain.finding("spf.all", Level.FAILURE, "SPF ending", said, fix)
        case "neutral":
            fix = _as_txt(domain.envelope, " ".join([*_without_all(text), "~all"]))
            said = 'it says nothing of servers that it does not name: end it with "-all" or "~all"'
            return domain.finding("spf.all", Level.WARNING, "SPF ending", said, fix)
        case _:
            return domain.finding("spf.all", Level.OK, "SPF ending", "other servers are not let in")


def _lookups(domain: SendingDomain, seen: spf.Survey) -> Finding:
    def finding(level: Level, text: str) -> Finding:
        return domain.finding("spf.lookups", level, "SPF look-ups", text)

    if seen.faults:
        return finding(Level.FAILURE, f"receivers stop with an error: {seen.faults[0]}")
    if seen.lookups > spf.MAX_LOOKUPS:
        text = f"{seen.lookups} are needed, and receivers stop at {spf.MAX_LOOKUPS}: remove includes that you do not use"
        return finding(Level.FAILURE, text)
    if len(seen.void) > spf.MAX_VOID_LOOKUPS:
        text = (
            f"{len(seen.void)} lead to names without records, and receivers stop at {spf.MAX_VOID_LOOKUPS}: remove "
            f"{', '.join(seen.void)}"
        )
        return finding(Level.FAILURE, text)
    depth = f", {counted(seen.depth, 'level')} of includes" if seen.depth else ""
    return finding(Level.OK, f"{seen.lookups} of {spf.MAX_LOOKUPS}{depth}")


async def _addresses(domain: SendingDomain, relay: Relay, record: str, ask: Lookup) -> AsyncIterator[Finding]:
    ours = relay.is_ours(domain.name)
    addresses = await relay.addresses(ask)
    if not addresses:
        text = (
            "this machine has no public address of its own, so which address mails leave from is not known here"
            if relay.is_here
            else f"{relay.host} has no public address, so which one mails leave from is not known here"
        )
        yield domain.finding("spf.address", Level.UNKNOWN, "SPF result", text)
    for address in addresses:
        result, why = await spf.evaluate(address, domain.envelope, ask)
        if result == "pass":
            yield domain.finding("spf.address", Level.OK, "SPF result", f"pass for {address} ({why})")
        elif ours:
            terms = record.split()
            fix = _as_txt(domain.envelope, " ".join([terms[0], _term(address), *terms[1:]]))
            text = f"{result} for {address}, the address of {'this machine' if relay.is_here else relay.host}: add it"
            yield domain.finding("spf.address", Level.FAILURE, "SPF result", text, fix)
    if not ours and addresses:
        yield _through_others(domain, relay, record)


def _through_others(domain: SendingDomain, relay: Relay, record: str) -> Finding:
    """Tell of a provider's server, which takes mails at one address and sends them from others."""
    if include := _include(relay.host):
        if f"include:{include}" in record.lower():
            return domain.finding(
                "spf.address", Level.OK, "SPF result", f"it includes {include} for {relay.host}"
            )
        terms = record.split()
        fix = _as_txt(domain.envelope, " ".join([terms[0], f"include:{include}", *terms[1:]]))
        text = f"it does not include {include}, which {relay.host} asks for unless it uses bounce addresses of its own"
        return domain.finding("spf.address", Level.WARNING, "SPF result", text, fix)
    text = (
        f"{relay.host} may send from other addresses than it takes mails at: compare the record with what its operator "
        'asks for, or send yourself a "digest test" and look for spf=pass in the headers'
    )
    return domain.finding("spf.address", Level.UNKNOWN, "SPF result", text)


async def _suggested(domain: SendingDomain, ask: Lookup) -> str:
    """Return the record to publish where there is none."""
    terms = []
    for relay in domain.relays:
        if relay.is_ours(domain.name):
            terms += [_term(address) for address in await relay.addresses(ask)]
        else:
            terms.append(f"include:{_include(relay.host) or _TO_FILL_IN}")
    return " ".join(["v=spf1", *dict.fromkeys(terms or ["mx"]), "-all"])


def _include(host: str) -> str:
    return next((include for end, include in _INCLUDES.items() if f".{host.lower()}".endswith(f".{end}")), "")


def _term(address: str) -> str:
    return f"ip{ip_address(address).version}:{address}"


def _without_all(text: str) -> list[str]:
    return [term for term in text.split() if term.lower().lstrip("+-~?") != "all"]


def _as_txt(name: str, text: str) -> str:
    return f'{name}. IN TXT "{text}"'
