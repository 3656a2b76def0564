"""What `digest check` looks at: everything that can go wrong before an edition does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from digest.edition import set_edition
from digest.edition.proof import lint
from digest.edition.theme.themes import template_problems
from digest.errors import DigestError, StoreError, UsageError
from digest.model import Article, Candidate, Chosen, Mail, Plan, PlannedSection
from digest.model.findings import Finding, Level
from digest.pipeline.personalise import encode, try_copy
from digest.schedule.slots import next_slots
from digest.settings import Newsletter, Settings
from digest.store.db import engines
from digest.store.db.postgres.durability import careless_settings
from digest.store.db.sqlite import disks
from digest.store.editions.newsletters import know
from digest.store.people import audience, readers
from digest.terminal import counted
from digest.tools import Tools
from digest.usecases import checks


async def remember(tools: Tools) -> None:
    """Tell the database of the newsletters; one that cannot be written is told later."""
    with suppress(StoreError):
        await know(tools.db, [newsletter.name for newsletter in tools.settings.newsletters], tools.clock())


def identified(id_: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings the id of what was looked at."""
    return (replace(finding, id=finding.id or id_) for finding in findings)


async def offline(tools: Tools, *, visited: bool) -> AsyncIterator[Finding]:
    """Look at everything that needs no network, with ids; what a visit tells better is left out where one follows."""
    for finding in (
        *identified("config.basics", configuration(tools.settings, visited=visited)),
        *together(tools, visited=visited),
        *identified("newsletter.copy", [finding async for finding in newsletters(tools)]),
        *identified("database.durability", [finding async for finding in database(tools)]),
        *identified("database.known", [finding async for finding in checks.known(tools, visited=visited)]),
    ):
        yield finding


def configuration(settings: Settings, *, visited: bool = False) -> list[Finding]:
    """Look at what the configuration says, and at what it should say but does not."""
    findings = []
    if not settings.newsletters:
        findings.append(Finding(Level.FAILURE, "newsletters", "none is configured: add [[newsletters]]"))
    if not settings.site.postal_address:
        text = "it is missing, and the law of many countries wants one in every mail: set site.postal_address"
        findings.append(Finding(Level.WARNING, "postal address", text))
    if not settings.senders:
        text = "none is configured, so nothing can be sent: add [[senders]]"
        findings.append(Finding(Level.FAILURE, "senders", text))
    if settings.senders and settings.senders[0].kind == "eml":
        text = (
            "mails are written as files and not sent; set up a [[senders]] of another kind when you are ready"
        )
        findings.append(Finding(Level.WARNING, "sender eml", text))
    if settings.site.url.startswith("http://") and not visited:
        text = "mailboxes show one-click unsubscribe only for https://; set site.url to where readers reach `digest run`"
        findings.append(Finding(Level.WARNING, f"site.url {settings.site.url}", text))
    findings += identified("database.file", _database(settings.database.url))
    for newsletter in settings.newsletters:
        if not newsletter.sources:
            text = "it has no source: add [[newsletters.sections.sources]]"
            findings.append(Finding(Level.FAILURE, f"newsletter {newsletter.name}", text))
    return findings


def together(tools: Tools, *, visited: bool) -> Iterator[Finding]:
    """Look at keys together: each may be right alone and wrong beside another. Sources may be `visited` as well."""
    settings = tools.settings
    yield from identified("config.site", checks.site(settings))
    yield from identified("config.timing", checks.timing(settings, tools.clock()))
    yield from identified("config.choice", checks.choosing(settings, tools.templates))
    yield from identified("config.sources", checks.sources(settings, visited=visited))
    yield from identified("config.files", checks.named(settings))


def _database(url: str) -> Iterator[Finding]:
    file = engines.file_of(engines.target(url))
    if file is None:
        return
    if not file.parent.is_dir():
        text = f"{file} cannot be made, because there is no folder {file.parent}: make it, or correct database.url"
        yield Finding(Level.FAILURE, "database", text)
    elif locked := next((path for path in (file, file.parent) if not _may_write(path)), None):
        # SQLite needs files beside it.
        text = f"{file} cannot be used, because this user may not write to {locked}"
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
                tools.settings.site_of(newsletter),
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
            text = "it has no readers any more: they have left, are suppressed, or have not confirmed"
            yield Finding(Level.WARNING, f"newsletter {newsletter.name}", text)
        else:
            text = f'it has no readers yet: "digest subscribers add you@example.org --newsletter {newsletter.name}"'
            yield Finding(Level.WARNING, f"newsletter {newsletter.name}", text)
        for text in _no_copy(newsletter, mail, tools):
            yield Finding(Level.FAILURE, f"newsletter {newsletter.name}", text)


def _no_copy(newsletter: Newsletter, mail: Mail, tools: Tools) -> Iterator[str]:
    """Yield why no reader's copy of a mail can be made, if none can."""
    try:
        skeleton = encode(mail, newsletter, tools, edition=newsletter.name, date=tools.clock())
        try_copy(skeleton, newsletter.name, tools.links_of(newsletter))
    except UsageError as error:
        if not str(error).startswith("dkim: "):  # which `checks.named` tells, with its key
            yield str(error)


def _careless(newsletter: Newsletter, mail: Mail, tools: Tools) -> Iterator[str]:
    """Yield what in a theme would fail readers or sender, and in one of the operator's own what is careless."""
    for finding in lint.lint(mail, tools.settings.site_of(newsletter)):
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
