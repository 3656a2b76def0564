"""What the database knows already: sources that fail, editions that nobody sends, readers who cannot be mailed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from digest.model import Edition, EditionStatus
from digest.model.findings import Finding, Level
from digest.plugins import did_you_mean
from digest.settings import Newsletter
from digest.store.content import source_health
from digest.store.content.source_health import Health
from digest.store.editions import overview
from digest.store.editions.overview import Readership
from digest.store.people import audience
from digest.terminal import counted
from digest.text import without_login
from digest.tools import Tools

_MANY = 0.1  # of a newsletter's readers: with more of them suppressed, something is wrong with the list
_FEW = 10  # readers, of whom a share says nothing


async def known(tools: Tools, *, visited: bool = False) -> AsyncIterator[Finding]:
    """Yield what the database tells of sources, unless they are `visited` now, of editions and of readers."""
    for newsletter in tools.settings.newsletters:
        keys = [] if visited else [source.key for source in newsletter.sources]
        for finding in _failing(newsletter, await source_health.health(tools.db, keys, tools.clock())):
            yield finding
        for seed in newsletter.seeds:
            if await audience.member(tools.db, newsletter.name, seed.casefold()) is None:
                text = f"{seed} is among the seeds, and does not get it: no copy goes there"
                yield Finding(Level.WARNING, f"newsletter {newsletter.name}", text)
    names = [newsletter.name for newsletter in tools.settings.newsletters]
    readership = await overview.readership(tools.db)
    for finding in (*_editions(names, await overview.open_editions(tools.db)), *_readers(names, readership)):
        yield finding


def _failing(newsletter: Newsletter, sources: Sequence[Health]) -> Iterator[Finding]:
    bad = [source for source in sources if source.disabled or source.last_error]
    for source in sources:
        if source.problem:
            name = source.title or without_login(source.location)
            times = f"; {counted(source.failures, 'visit')} in a row failed" if source.failures > 1 else ""
            yield Finding(Level.WARNING, f"source {name}", source.problem + times)
    if bad and len(bad) == len({source.key for source in newsletter.sources}):
        text = "none of its sources could be read when they were visited last: there would be no edition"
        yield Finding(Level.FAILURE, f"newsletter {newsletter.name}", text)


def _editions(names: Sequence[str], found: Sequence[Edition]) -> Iterator[Finding]:
    for edition in found:
        subject = f"edition {edition.name}"
        if edition.newsletter not in names:
            text = (
                f"it is {_word(edition)}, and the configuration has no newsletter {edition.newsletter!r} any more"
                f"{did_you_mean(edition.newsletter, names)}: nobody can send it. Bring the newsletter back, or "
                f'"digest editions cancel {edition.name}"'
            )
            yield Finding(Level.FAILURE, subject, text)
        elif edition.status is EditionStatus.PAUSED:
            why = f" ({edition.reason})" if edition.reason else ""
            text = f'it is paused{why}: "digest editions resume {edition.name}" lets it go on'
            yield Finding(Level.WARNING, subject, text)


def _word(edition: Edition) -> str:
    return "paused" if edition.status is EditionStatus.PAUSED else "being sent"


def _readers(names: Sequence[str], readership: Sequence[Readership]) -> Iterator[Finding]:
    for one in readership:
        subject = f"newsletter {one.newsletter}"
        if one.newsletter not in names:
            text = (
                f"{counted(one.confirmed, 'reader')} of it in the database, and the configuration has no such newsletter"
                f"{did_you_mean(one.newsletter, names)}"
            )
            yield Finding(Level.WARNING, subject, text)
        elif one.confirmed >= _FEW and one.suppressed > _MANY * one.confirmed:
            text = (
                f"{one.suppressed:,} of {counted(one.confirmed, 'reader')} are suppressed and get nothing: "
                '"digest subscribers list --status suppressed" says why'
            )
            yield Finding(Level.WARNING, subject, text)
