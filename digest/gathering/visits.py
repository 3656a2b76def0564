"""Visit many sources at once: hosts side by side, each host in its turn, and no source that can stop another."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest import plugins
from digest.clock import steady
from digest.errors import SourceError
from digest.model import Fetched, Validators
from digest.net.http import Http, is_this_machine
from digest.settings import SourceSettings
from digest.sources import Source
from digest.store.content.source_health import MIN_REDIRECTED_VISITS
from digest.store.content.sources import MAX_PAUSE, SourceState
from digest.telemetry import tracing
from digest.text import without_login

_log = logging.getLogger(__name__)

_MAX_HOSTS_AT_ONCE = 20
_MAX_VISIT_SECONDS = 300.0  # seconds, for kinds that ask more than once
_START_SPREAD_SECONDS = 2.0  # so that not every installation visits at the first second of the hour
_MAX_VALIDATORS_AGE = timedelta(days=8)  # some servers answer "not modified" for ever
_MAX_WAIT = MAX_PAUSE + timedelta(hours=1)  # a later time was noted by a clock that was ahead
_REDIRECT_TRUSTED_AFTER = timedelta(days=3)  # until a redirect that calls itself permanent is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to one source: what it brought, or the error that says why it brought nothing."""

    key: str
    settings: SourceSettings
    fetched: Fetched | None = None
    error: SourceError | None = None
    seconds: float = 0.0  # that it took

    @property
    def result(self) -> str:
        """What it came to, in a word: new, unchanged or failed."""
        if self.fetched is None:
            return "failed"
        return "unchanged" if self.fetched.not_modified else "new"

    @property
    def name(self) -> str:
        """Return the source's key as a log may show it: without the password and the query of its address."""
        key, query, _ = without_login(self.key).partition("?")
        return key + (query and "?…")


async def collect(
    sources: Sequence[SourceSettings],
    states: Mapping[str, SourceState],
    http: Http,
    now: datetime,
    *,
    force: bool = False,
    done: Callable[[Visit], None] | None = None,
) -> list[Visit]:
    """Visit the sources that are due, or all with `force`; one that is not due, or disabled, has no visit.

    `done` is called with each visit as it ends.
    """
    due = {source.key: source for source in sources if force or is_due(source, states.get(source.key), now)}
    hosts = defaultdict(list)
    for source in due.values():
        hosts[host_of(source) or source.key].append(source)
    waiting = list(hosts.values())
    random.shuffle(waiting)
    places = asyncio.Semaphore(_MAX_HOSTS_AT_ONCE)
    jitter = 0.0 if force else _START_SPREAD_SECONDS

    async def in_turn(host: list[SourceSettings]) -> list[Visit]:
        async with places:
            if host_of(host[0]):
                await asyncio.sleep(random.uniform(0.0, jitter))  # noqa: S311  # manners, no secret
            visits = []
            for source in host:
                begun = steady()
                with tracing.span("fetch", kind=source.kind):
                    made = await visit(source, states.get(source.key), http, now)
                visits.append(replace(made, seconds=steady() - begun))
                if done:
                    done(visits[-1])
            return visits

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(in_turn(host)) for host in waiting]
    return [each for task in tasks for each in task.result()]


def is_due(source: SourceSettings, state: SourceState | None, now: datetime) -> bool:
    """Say whether a source may be visited now: not given up, and its server or our back-off asks for no patience."""
    if state is None or state.location != source.location:
        return True
    if state.disabled or state.not_before is None:
        return not state.disabled
    return not timedelta(0) < state.not_before - now <= _MAX_WAIT


async def visit(source: SourceSettings, state: SourceState | None, http: Http, now: datetime) -> Visit:
    """Visit one source; what goes wrong becomes its `error`."""
    known = state if state is not None and state.location == source.location else None
    moved = _moved(known, now)
    try:
        async with asyncio.timeout(_MAX_VISIT_SECONDS):
            fetched = await _reader(source, moved).fetch(http, _validators(known, now))
    except SourceError as error:
        return Visit(key=source.key, settings=source, error=error)
    except TimeoutError:
        late = SourceError(f"the visit took longer than {_MAX_VISIT_SECONDS / 60:g} minutes")
        return Visit(key=source.key, settings=source, error=late)
    except Exception as error:  # a mistake in one kind of source must not cost the others their edition
        unforeseen = SourceError(f"it could not be read ({type(error).__name__}; the log has the details)")
        visit = Visit(key=source.key, settings=source, error=unforeseen)
        _log.exception("visiting %s failed", visit.name)
        return visit
    # While it is visited at its new address it stays known that it has moved.
    told = replace(_with_stories_only(fetched), moved_to=fetched.moved_to or moved)
    return Visit(key=source.key, settings=source, fetched=told)


def _with_stories_only(fetched: Fetched) -> Fetched:
    """Leave out what says nothing and leads nowhere: generators write such items, and there is nothing to read."""
    stories = tuple(
        article for article in fetched.articles if article.title or article.dek or article.body or article.url
    )
    empty = len(fetched.articles) - len(stories)
    if not empty:
        return fetched
    which = "1 item has" if empty == 1 else f"{empty} items have"
    loss = f"{which} neither words nor a link, and cannot be a story"
    return replace(
        fetched,
        articles=stories,
        problems=(*fetched.problems, loss),
        losses=(*fetched.losses, loss),
    )


def _reader(source: SourceSettings, moved: str) -> Source:
    options = source.options.model_copy(update={"url": moved}) if moved else source.options
    reader: Source = plugins.load("sources", source.kind).Source(options)
    return reader


def _moved(state: SourceState | None, now: datetime) -> str:
    """Return the new address of a source whose server has insisted on it long enough, else ""."""
    if state is None or not state.moved_to or state.moved_since is None or state.failures:
        return ""
    proven = state.moved_seen >= MIN_REDIRECTED_VISITS and now - state.moved_since >= _REDIRECT_TRUSTED_AFTER
    return state.moved_to if proven else ""


def _validators(state: SourceState | None, now: datetime) -> Validators:
    if state is None or state.validated_at is None or abs(now - state.validated_at) > _MAX_VALIDATORS_AGE:
        return Validators()
    return state.validators


def host_of(source: SourceSettings) -> str:
    """Return the host whose turn a visit takes; "" for this machine and for what is no web address."""
    try:
        host = urlsplit(source.location).hostname or ""
    except ValueError:
        host = ""
    return "" if is_this_machine(host) else host
