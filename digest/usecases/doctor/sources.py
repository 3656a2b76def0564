"""Whether sources can be read, and whether the links of the coming editions lead somewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

from digest.model.findings import Finding, Level
from digest.net.dns import Unanswered
from digest.pipeline import publish
from digest.pipeline.rehearsal import coming_slot, prove
from digest.terminal import counted
from digest.text import without_login
from digest.tools import Tools
from digest.usecases.dead_links import dead_links
from digest.usecases.doctor.silence import has_name

_GROUP = "sources"


async def visits(tools: Tools, *, silent: str = "") -> AsyncIterator[Finding]:
    """Yield what a visit of each source brings; nothing of it is stored.

    Where the DNS is `silent`, only those with an address are visited; raises Unanswered for the others.
    """
    wanted = list(tools.settings.sources.values())
    lost = [source for source in wanted if silent and has_name(source.location) and "://" in source.location]
    for visit in await publish.look([source for source in wanted if source not in lost], tools, urgent=True):
        subject = f"source {visit.name}"
        if visit.error:
            shown = f"{without_login(visit.settings.location)}: "  # not twice in a line
            error = str(visit.error)
            text = error.removeprefix(shown) if f"{subject}: ".endswith(shown) else error
            yield _finding(Level.FAILURE, subject, text)
        elif visit.fetched and visit.fetched.not_modified:
            yield _finding(Level.OK, subject, "unchanged since the last visit")
        elif visit.fetched:
            count = len(visit.fetched.articles)
            yield _finding(Level.OK if count else Level.WARNING, subject, counted(count, "article"))
    if lost:
        raise Unanswered(silent, silent=True)


def _finding(level: Level, subject: str, text: str) -> Finding:
    return Finding(level, subject, text, id="source.visit", group=_GROUP)


async def links(tools: Tools, *, silent: str = "") -> AsyncIterator[Finding]:
    """Follow the links of each newsletter's coming edition; raises Unanswered where the DNS is `silent`."""
    if silent:
        raise Unanswered(silent, silent=True)
    for newsletter in tools.settings.newsletters:
        proof = await prove(newsletter, await coming_slot(newsletter, tools), tools)
        for dead in await dead_links(proof.plan, tools.http):
            yield Finding(
                Level.WARNING, f"link in {newsletter.name}", dead, id="link.reachable", group=_GROUP
            )
