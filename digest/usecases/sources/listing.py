"""The configured sources: how each of them is, and visiting them now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from digest.gathering import opml
from digest.gathering.visits import Visit
from digest.pipeline.publish import fetch
from digest.settings import Settings, SourceSettings
from digest.store.content import sources as store
from digest.store.content.source_health import Health, health
from digest.text import without_login
from digest.tools import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A source of the configuration and its health; None if it was never visited."""

    key: str
    settings: SourceSettings
    health: Health | None

    @property
    def name(self) -> str:
        return name_of(self.settings)

    @property
    def state(self) -> str:
        """What is wrong with it in words, "well" where nothing is, "" where nothing is known."""
        known = self.health
        if known is None:
            return ""
        return _less(known.disabled or known.last_error or known.losses or known.silent or "well", self.name)

    def as_json(self) -> dict[str, Any]:
        """Return the health with the same keys before the first visit and after; no password is in it."""
        row = asdict(self.health or _never(self.key, self.settings))
        return {key: without_login(value) if isinstance(value, str) else value for key, value in row.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedSource:
    """What a visit brought: how many articles, or None where nothing has changed or an `error` says why it failed."""

    name: str
    articles: int | None = None
    problems: tuple[str, ...] = ()
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def name_of(source: SourceSettings) -> str:
    """Return what a source is called: its name, else its address without a password."""
    return source.name or without_login(source.location)


async def list_(tools: Tools) -> list[ListedSource]:
    """Return the sources of all newsletters, in the order of the configuration."""
    configured = tools.settings.sources
    known = {one.key: one for one in await health(tools.db, list(configured), tools.clock())}
    return [ListedSource(key=key, settings=one, health=known.get(key)) for key, one in configured.items()]


def _never(key: str, source: SourceSettings) -> Health:
    """Return the health of a source that was never visited."""
    return Health(
        key=key,
        location=source.location,
        title="",
        last_success_at=None,
        last_error="",
        failures=0,
        disabled="",
        per_day=0.0,
        newest=None,
        usual_gap=None,
        silent="",
        moved_to="",
        losses="",
    )


async def fetch_now(tools: Tools, newsletter: str = "") -> list[VisitedSource]:
    """Visit the sources of a newsletter, or of all, and store what they bring; those that were given up are tried again.

    Raises UsageError for a newsletter that is not configured.
    """
    settings = tools.settings
    chosen = settings.newsletter(newsletter).sources if newsletter else settings.sources.values()
    wanted = {source.key: source for source in chosen}
    for key in wanted:
        await store.enable(tools.db, key)
    return [_visited(visit) for visit in await fetch(list(wanted.values()), tools, urgent=True)]


def _visited(visit: Visit) -> VisitedSource:
    name = name_of(visit.settings)
    if visit.error:
        return VisitedSource(name=name, error=_less(str(visit.error), name))
    if visit.fetched is None or visit.fetched.not_modified:
        return VisitedSource(name=name)
    return VisitedSource(
        name=name, articles=len(visit.fetched.articles), problems=tuple(visit.fetched.problems)
    )


def _less(error: str, name: str) -> str:
    """Return an error without the address that it begins with, where that is the source's name already."""
    return error.removeprefix(f"{name}: ")


def as_opml(settings: Settings, newsletter: str = "") -> str:
    """Return the sources of a newsletter as OPML, a folder for each section; no password is in it.

    Raises UsageError for a newsletter that is not configured.
    """
    entry = settings.newsletter(newsletter)
    feeds = [
        opml.Subscription(
            url=without_login(source.location),
            title=source.name,
            folders=(section.title,) if section.title else (),
        )
        for section in entry.sections
        for source in section.sources
        if source.kind != "folder"  # what is on this machine's disk is no use to others
    ]
    return opml.write(feeds, title=entry.title)
