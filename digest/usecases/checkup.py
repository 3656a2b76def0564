"""What `digest check` looks at: everything that can go wrong before an edition does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from digest.edition import set_edition
from digest.edition.proof import lint
from digest.edition.theme.themes import template_problems
from digest.errors import DigestError, SenderError, StoreError, UsageError
from digest.model import Article, Candidate, Chosen, Mail, Plan, PlannedSection
from digest.model.findings import Finding, Level
from digest.net.http import is_this_machine
from digest.pipeline import publish
from digest.pipeline.personalise import encode, letterhead, try_copy
from digest.pipeline.rehearsal import coming_slot, prove
from digest.schedule.slots import next_slots
from digest.settings import Newsletter, Settings
from digest.store.db import engines
from digest.store.db.postgres.durability import careless_settings
from digest.store.db.sqlite import disks
from digest.store.editions.newsletters import know
from digest.store.people import audience, readers
from digest.terminal import counted
from digest.text import without_login
from digest.tools import Tools
from digest.usecases import checks
from digest.usecases.dead_links import dead_links


async def remember(tools: Tools) -> None:
    """Have the database know the newsletters from now on; one that cannot be written learns of them later."""
    with suppress(StoreError):
        await know(tools.db, [newsletter.name for newsletter in tools.settings.newsletters], tools.clock())


def configuration(settings: Settings) -> list[Finding]:
    """Look at what the configuration says, and at what it should say but does not."""
    findings = []
    if not settings.newsletters:
        findings.append(
            Finding(Level.FAILURE, "newsletters", "there is none: add [[newsletters]] to the configuration")
        )
    if not settings.site.postal_address:
        text = "there is none: the law of many countries wants one in every mail; set site.postal_address"
        findings.append(Finding(Level.WARNING, "postal address", text))
    if not settings.senders:
        text = "there is none, so nothing can be sent: add [[senders]] to the configuration"
        findings.append(Finding(Level.FAILURE, "senders", text))
    if settings.senders and settings.senders[0].kind == "eml":
        text = "mails are written as files and sent to nobody; set up a [[senders]] of another kind when you are ready"
        findings.append(Finding(Level.WARNING, "sender eml", text))
    if settings.site.url.startswith("http://"):
        text = "mailboxes show one-click unsubscribe only for https://; set site.url to where readers reach `digest run`"
        findings.append(Finding(Level.WARNING, f"site.url {settings.site.url}", text))
    findings += _database(settings.database.url)
    for newsletter in settings.newsletters:
        if not newsletter.sources:
            text = "it has no source: add [[newsletters.sections.sources]]"
            findings.append(Finding(Level.FAILURE, f"newsletter {newsletter.name}", text))
    return findings


def together(tools: Tools, *, visited: bool) -> Iterator[Finding]:
    """Look at keys together: each may be right, and the two of them wrong. Sources may be `visited` besides."""
    settings = tools.settings
    yield from checks.site(settings)
    yield from checks.timing(settings, tools.clock())
    yield from checks.choosing(settings, tools.templates)
    yield from checks.sources(settings, visited=visited)
    yield from checks.named(settings)


def _database(url: str) -> Iterator[Finding]:
    file = engines.file_of(engines.target(url))
    if file is None:
        return
    if not file.parent.is_dir():
        text = f"{file} cannot be made, for there is no folder {file.parent}: make it, or mend database.url"
        yield Finding(Level.FAILURE, "database", text)
    elif locked := next((path for path in (file, file.parent) if not _may_write(path)), None):
        # SQLite needs files beside it.
        text = f"{file} cannot be used, for this user may not write to {locked}"
        yield Finding(Level.FAILURE, "database", text)
    elif disks.is_open_to_all(file):
        text = (
            f"every user of this machine can read readers' addresses and sign their links: chmod 600 {file}"
        )
        yield Finding(Level.WARNING, "database", text)


def _may_write(path: Path) -> bool:
    return not path.exists() or os.access(path, os.W_OK)


async def database(tools: Tools) -> AsyncIterator[Finding]:
    """Look at what the database's server does to keep what was committed."""
    for name in await careless_settings(tools.db):
        text = (
            f"{name} is off: after a crash of its machine readers may get a mail twice, or the database is damaged;"
            f" set {name} = on in postgresql.conf"
        )
        yield Finding(Level.WARNING, "database", text)


async def newsletters(tools: Tools) -> AsyncIterator[Finding]:
    """Look at each newsletter: its theme sets a mail, it has readers."""
    for newsletter in tools.settings.newsletters:
        try:
            mail = set_edition(
                _specimen(newsletter, tools.clock()),
                newsletter,
                tools.settings.site,
                templates=tools.templates,
                now=tools.clock(),
            )
        except DigestError as error:
            yield Finding(Level.FAILURE, f"theme {newsletter.theme}", str(error))
            continue
        for text in _careless(newsletter, mail, tools):
            yield Finding(Level.FAILURE, f"theme {newsletter.theme}", text)
        count = await audience.size(tools.db, newsletter.name)
        yield Finding(
            Level.OK, f"theme {newsletter.theme}", f"sets a mail of {len(mail.html) // 1000 + 1} kB"
        )
        if count:
            yield Finding(Level.OK, f"newsletter {newsletter.name}", counted(count, "reader"))
        elif await readers.has(tools.db, newsletter.name):
            text = "nobody gets it any more: its readers have left, are suppressed, or have not confirmed"
            yield Finding(Level.WARNING, f"newsletter {newsletter.name}", text)
        else:
            text = (
                f'nobody gets it yet: "digest subscribers add you@example.org --newsletter {newsletter.name}"'
            )
            yield Finding(Level.WARNING, f"newsletter {newsletter.name}", text)
        for text in _no_copy(newsletter, mail, tools):
            yield Finding(Level.FAILURE, f"newsletter {newsletter.name}", text)


def _no_copy(newsletter: Newsletter, mail: Mail, tools: Tools) -> Iterator[str]:
    """Yield why no reader's copy of a mail can be made, if none can."""
    try:
        skeleton = encode(mail, newsletter, tools, edition=newsletter.name, date=tools.clock())
        try_copy(skeleton, newsletter.name, tools)
    except UsageError as error:
        if not str(error).startswith("dkim: "):  # which `checks.named` tells, with its key
            yield str(error)


def _careless(newsletter: Newsletter, mail: Mail, tools: Tools) -> Iterator[str]:
    """Yield what in a theme would fail readers or sender, and in one of the operator's own what is careless."""
    for finding in lint.lint(mail, tools.settings.site):
        if finding.level is lint.Level.ERROR:
            yield finding.text
    if Path(newsletter.theme).is_dir():
        yield from template_problems(Path(newsletter.theme))


def _specimen(newsletter: Newsletter, now: datetime) -> Plan:
    """Return a plan of one article, to try a theme on."""
    article = Article(
        guid="specimen", url="https://example.org/", title="A headline", dek="A dek", published=now
    )
    candidate = Candidate(
        id=0, source="", source_title="", article=article, url_key="", first_seen=now, last_changed=now
    )
    [slot] = next_slots(newsletter.schedule, newsletter.timezone, now, 1)
    section = PlannedSection(title="News", articles=(Chosen(candidate=candidate, rank=1, why=""),))
    return Plan(newsletter=newsletter.name, slot=slot.text, due=slot.due, sections=(section,))


async def links(tools: Tools) -> AsyncIterator[Finding]:
    """Follow the links of each newsletter's coming edition."""
    for newsletter in tools.settings.newsletters:
        proof = await prove(newsletter, await coming_slot(newsletter, tools), tools)
        for dead in await dead_links(proof.plan, tools.http):
            yield Finding(Level.WARNING, f"link in {newsletter.name}", dead)


async def online(tools: Tools) -> AsyncIterator[Finding]:
    """Look at what only the network can tell: each source, each sender's login, the DNS of each sending domain."""
    for look in (_sources, _senders, _dns):
        async for finding in look(tools):
            yield finding


async def _sources(tools: Tools) -> AsyncIterator[Finding]:
    for visit in await publish.look(list(tools.settings.sources.values()), tools, urgent=True):
        subject = f"source {visit.name}"
        if visit.error:
            shown = f"{without_login(visit.settings.location)}: "  # not twice in a line
            error = str(visit.error)
            text = error.removeprefix(shown) if f"{subject}: ".endswith(shown) else error
            yield Finding(Level.FAILURE, subject, text)
        elif visit.fetched and visit.fetched.not_modified:
            yield Finding(Level.OK, subject, "unchanged since the last visit")
        elif visit.fetched:
            count = len(visit.fetched.articles)
            yield Finding(Level.OK if count else Level.WARNING, subject, counted(count, "article"))


async def _senders(tools: Tools) -> AsyncIterator[Finding]:
    for route in tools.routes:
        try:
            yield Finding(Level.OK, f"sender {route.name}", await route.sender.check())
        except SenderError as error:
            yield Finding(Level.FAILURE, f"sender {route.name}", str(error))


async def _dns(tools: Tools) -> AsyncIterator[Finding]:
    hosts = {
        str(getattr(entry.options, "host", "")) for entry in tools.settings.senders if entry.kind != "eml"
    }
    if all(is_this_machine(host) for host in hosts):
        return  # nothing is sent from here, or a server on this machine is asked who knows its own names
    from digest.net import dns  # its library is slow to load, and an offline check needs none of it

    relay = next(iter(sorted(filter(None, hosts))), "")
    for domain in sorted({letterhead(newsletter).domain for newsletter in tools.settings.newsletters}):
        keys = [
            (key.selector, key.domain)
            for key in tools.settings.dkim
            if f".{domain}".endswith(f".{key.domain}")
        ]
        for finding in await dns.examine(domain, relay=relay, keys=keys):
            yield finding
