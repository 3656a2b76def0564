"""Run every probe at once, each within its time, and join what comes of one cause."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass

from digest import __version__
from digest.errors import DigestError
from digest.model.findings import Finding, Level
from digest.net.dns import Lookup, Names, Unanswered, lookup
from digest.net.http import Http
from digest.tools import Tools
from digest.usecases.doctor import dkim, dmarc, hosts, machine, senders, site, sources, spf
from digest.usecases.doctor.silence import address_of, has_name, softened
from digest.usecases.doctor.subject import SendingDomain, sending_domains

DNS_SECONDS = 25.0  # for one subject of a domain: its includes are followed one after the other
PROBE_SECONDS = 45.0  # for a sender, whose greeting may take 30, or the site
VISIT_SECONDS = 120.0  # for all sources or links together, which bound each visit by themselves


@dataclass(frozen=True, slots=True)
class Probe:
    """Findings to come, or why nothing can be asked; `id`, `subject` and `group` are for the one that says so."""

    findings: AsyncIterator[Finding] | Unanswered
    id: str
    subject: str
    group: str
    seconds: float

    def unknown(self, text: str) -> Finding:
        return Finding(Level.UNKNOWN, self.subject, text, id=self.id, group=self.group)


async def examine(tools: Tools, *, ask: Lookup = lookup, tls: ssl.SSLContext | None = None) -> list[Finding]:
    """Return everything that the network can tell; `ask` is the DNS, `tls` verifies the site's certificate."""
    names = Names(ask)
    domains = sending_domains(tools.settings)
    http = Http(user_agent=f"newsletter-digest/{__version__}", allow_private=True, tls=tls)
    try:
        if domains or any(has_name(place) for place in _places(tools)):
            await names.listen()
        probes = [
            *_at_domains(domains, names),
            *_at_senders(tools, domains, names),
            *_at_site(tools, http, tls, names, live=bool(domains)),
            *_elsewhere(tools, http, names),
        ]
        results = await asyncio.gather(*(_run(probe) for probe in probes))
    finally:
        await names.close()
        await http.close()
    found = [finding for result in results for finding in result[0]]
    return [*found, *_unanswered((probe, error) for probe, (_, error) in zip(probes, results, strict=True))]


def _places(tools: Tools) -> Iterator[str]:
    """Yield where this program will look."""
    settings = tools.settings
    yield settings.site.url
    yield from (address_of(entry) for entry in settings.senders)
    yield from (source.location for source in settings.sources.values() if "://" in source.location)


def _at_domains(domains: Iterable[SendingDomain], ask: Lookup) -> list[Probe]:
    return [
        Probe(look(domain, ask), id_, f"{subject} of {domain.name}", domain.group, DNS_SECONDS)
        for domain in domains
        for look, id_, subject in (
            (spf.check, "spf.record", "SPF"),
            (dkim.check, "dkim.record", "DKIM"),
            (dmarc.check, "dmarc.record", "DMARC"),
            (hosts.mx, "mx.record", "MX"),
            (hosts.ptr, "ptr.name", "PTR"),
        )
    ]


def _at_senders(tools: Tools, domains: Iterable[SendingDomain], names: Names) -> list[Probe]:
    owned = list(dict.fromkeys(domain.name for domain in domains))
    return [
        Probe(
            Unanswered(names.silent, silent=True)
            if names.silent and has_name(address_of(entry))
            else senders.check(route, owned),
            "sender.login",
            f"sender {route.name}",
            f"sender {route.name}",
            PROBE_SECONDS,
        )
        for route, entry in zip(tools.routes, tools.settings.senders, strict=True)
    ]


def _at_site(
    tools: Tools, http: Http, tls: ssl.SSLContext | None, names: Names, *, live: bool
) -> list[Probe]:
    """Return the probes of the pages; as long as mails reach nobody (not `live`), nothing there is a failure."""
    url = tools.settings.site.url
    lost = names.silent and has_name(url)
    looks = (
        (site.one_click(tools, http), "site.one-click", "one-click unsubscribe"),
        (site.certificate(tools, tls), "site.certificate", "certificate"),
    )
    return [
        Probe(
            Unanswered(names.silent, silent=True) if lost else look if live else softened(look),
            id_,
            subject,
            f"site {url}",
            PROBE_SECONDS,
        )
        for look, id_, subject in looks
    ]


def _elsewhere(tools: Tools, http: Http, names: Names) -> list[Probe]:
    here = "this machine"
    return [
        Probe(machine.clock(tools, http, silent=names.silent), "machine.clock", "clock", here, PROBE_SECONDS),
        Probe(machine.disks(tools), "machine.disk", "disks", here, PROBE_SECONDS),
        Probe(machine.database(tools), "database.version", "database", here, PROBE_SECONDS),
        Probe(
            sources.visits(tools, silent=names.silent), "source.visit", "sources", "sources", VISIT_SECONDS
        ),
        Probe(sources.links(tools, silent=names.silent), "link.reachable", "links", "sources", VISIT_SECONDS),
    ]


async def _run(probe: Probe) -> tuple[list[Finding], Unanswered | None]:
    """Return what a probe found, up to where its time was over or the DNS did not answer."""
    found: list[Finding] = []
    if isinstance(probe.findings, Unanswered):
        return found, probe.findings
    try:
        async with asyncio.timeout(probe.seconds):
            async for finding in probe.findings:
                found.append(finding)  # noqa: PERF401  # one by one: what was found before it stopped counts
    except Unanswered as error:
        return found, error
    except TimeoutError:
        found.append(probe.unknown(f"no answer within {probe.seconds:g} s"))
    except DigestError as error:
        found.append(probe.unknown(str(error)))
    return found, None


def _unanswered(failed: Iterable[tuple[Probe, Unanswered | None]]) -> list[Finding]:
    """Tell once why the DNS was of no help: for all where it is silent, else once for each domain."""
    lost: dict[str, list[tuple[Probe, Unanswered]]] = defaultdict(list)
    for probe, error in failed:
        if error:
            lost["" if error.silent else probe.group].append((probe, error))
    findings = []
    for group, entries in lost.items():
        missed = ", ".join(probe.subject for probe, _ in entries)
        first = entries[0][1]
        what = "the DNS server of this machine does not answer" if first.silent else "the DNS could not tell"
        text = f"{what} ({first}), so these were not looked at: {missed}"
        findings.append(Finding(Level.UNKNOWN, "DNS", text, id="dns.answers", group=group))
    return findings
