"""Many sources at once: none stops another, each server is treated as it asks."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.errors import SourceError, SourceGone
from digest.gathering.visits import Visit, collect
from digest.model import SourceInfo, Validators
from digest.net.http import Http
from digest.settings import SourceSettings
from digest.store.content.sources import SourceState
from tests.helpers.servers import Answer, Server, redirect

FEED = "<rss><channel><title>News</title><item><title>T</title><guid>1</guid></item></channel></rss>"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http(user_agent="x", allow_private=True, timeout=1, host_pause=0)
    yield client
    await client.close()


def feed(url: str, **more: str) -> SourceSettings:
    return SourceSettings.model_validate({"kind": "feed", "url": url, **more})


def remembered(source: SourceSettings, **known: Any) -> dict[str, SourceState]:
    """Return what the store would remember of a source."""
    state = SourceState(
        id=1,
        key=source.key,
        location=source.location,
        info=SourceInfo(),
        validators=Validators(),
        validated_at=None,
        first_contact_at=None,
        last_visit_at=None,
        last_success_at=None,
        last_error="",
        failures=0,
        not_before=None,
        moved_to="",
        moved_since=None,
        moved_seen=0,
        disabled="",
    )
    return {source.key: replace(state, **known)}


async def test_a_bad_source_never_stops_another(server: Server, http: Http, now: datetime) -> None:
    server.routes |= {
        "/good": Answer(body=FEED),
        "/page": Answer(body="<html>Hello</html>"),
        "/gone": Answer(status=410),
        "/busy": Answer(status=503, headers={"Retry-After": "60"}),
        "/slow": Answer(body="x" * 100, drip=0.1),
        "/inside": redirect("file:///etc/passwd"),
    }
    paths = ["/good", "/page", "/gone", "/busy", "/slow", "/inside", "/none"]
    visits = {
        visit.key: visit for visit in await collect([feed(server.url(path)) for path in paths], {}, http, now)
    }
    assert len(visits) == len(paths)
    good = visits[f"feed:{server.url('/good')}"]
    assert good.fetched is not None
    assert good.error is None
    assert [article.title for article in good.fetched.articles] == ["T"]
    errors = {key.rpartition("/")[2]: visit.error for key, visit in visits.items() if visit.error}
    assert errors.keys() == {"page", "gone", "busy", "slow", "inside", "none"}
    assert isinstance(errors["gone"], SourceGone)
    assert errors["busy"].retry_after == 60


async def test_in_bad_company_a_good_source_is_read_and_every_other_is_named(
    server: Server, http: Http, now: datetime
) -> None:
    item = "<rss><channel><item><title>{}</title></item></channel></rss>"
    entities = "".join(f'<!ENTITY a{n} "{"ha" if not n else f"&a{n - 1};" * 10}">' for n in range(10))
    squeezed = gzip.compress(bytes(20_000_000))
    server.routes |= {
        "/good": Answer(body=FEED),
        "/bomb": Answer(body=f"<!DOCTYPE rss [{entities}]>{item.format('T &a9;')}"),
        "/xxe": Answer(
            body=f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>{item.format("T &x;")}'
        ),
        "/title": Answer(body=item.format("T " * 5_000_000)),
        "/zeros": Answer(body=squeezed, headers={"Content-Encoding": "gzip"}),
        "/empty": Answer(body=""),
        "/error": Answer(body="Error establishing a database connection"),
        "/map": Answer(
            body=f"<sitemapindex><sitemap><loc>{server.url('/map')}</loc></sitemap></sitemapindex>"
        ),
    }
    sources = [feed(server.url(path)) for path in server.routes if path != "/map"]
    sources.append(SourceSettings.model_validate({"kind": "sitemap", "url": server.url("/map")}))
    visits = await collect(sources, {}, http, now)
    brought = {
        visit.settings.location.rpartition("/")[2]: visit.fetched.articles
        for visit in visits
        if visit.fetched
    }
    assert [article.title for article in brought["good"]] == ["T"]
    assert {len(articles) for articles in brought.values()} == {1}
    assert all(len(article.title) <= 300 for articles in brought.values() for article in articles)
    assert "root:" not in repr(brought)
    errors = {visit.settings.location.rpartition("/")[2]: str(visit.error) for visit in visits if visit.error}
    assert brought.keys() | errors.keys() == {path[1:] for path in server.routes}
    words = {
        "zeros": "gzip bomb",
        "empty": "empty",
        "error": "neither a feed",
        "map": "within itself",
    }
    assert words.keys() <= errors.keys()
    assert all(re.search(words[name], errors[name]) for name in words)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://us:p@ss:word@paper.example/feed?key=secret", "feed:https://paper.example/feed?…"),
        ("https://paper.example/@us/feed", "feed:https://paper.example/@us/feed"),
    ],
)
def test_a_log_may_show_a_visits_name(url: str, name: str) -> None:
    source = feed(url)
    assert Visit(key=source.key, settings=source).name == name
    assert Visit(key="paper", settings=source).name == "paper"
    assert url not in repr(source)


async def test_a_mistake_in_a_kind_is_that_sources_own(
    server: Server,
    http: Http,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "our_newsroom").mkdir()
    (tmp_path / "our_newsroom" / "broken.py").write_text(
        "from digest.sources.feed import Options\n"
        "class Source:\n"
        "    def __init__(self, options): pass\n"
        "    async def fetch(self, http, validators): return 1 / 0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    server.routes["/"] = Answer(body=FEED)
    url = server.url("/other").replace("//", "//us:secret@")
    broken = SourceSettings.model_validate({"kind": "our_newsroom.broken", "url": url})
    visits = {visit.key: visit for visit in await collect([broken, feed(server.url())], {}, http, now)}
    failed = visits[broken.key]
    assert isinstance(failed.error, SourceError)
    assert "ZeroDivisionError" in str(failed.error)
    assert "secret" not in caplog.text
    assert visits[f"feed:{server.url()}"].fetched is not None


async def test_a_source_in_two_sections_is_visited_once(server: Server, http: Http, now: datetime) -> None:
    server.routes["/"] = Answer(body=FEED)
    assert len(await collect([feed(server.url()), feed(server.url())], {}, http, now)) == 1
    assert server.paths() == ["/"]


async def test_hosts_go_side_by_side_and_one_of_them_never_twice_at_once(
    server: Server, now: datetime
) -> None:
    async def here(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    http = Http(user_agent="x", allow_private=True, host_pause=0, resolve=here)
    at_work: set[str] = set()
    most = 0

    async def watch() -> None:
        nonlocal most
        seen = 0
        while True:
            await asyncio.sleep(0.002)
            most = max(most, len(at_work))
            for request in itertools.islice(server.requests, seen, None):
                seen += 1
                at_work.add(request.headers["host"])

    server.routes["/1"] = server.routes["/2"] = Answer(body=FEED, delay=0.1)
    hosts = [f"http://{name}.example:{server.port}" for name in ("a", "b", "c")]
    watching = asyncio.create_task(watch())
    await collect(
        [feed(f"{host}/{number}") for host in hosts for number in (1, 2)], {}, http, now, force=True
    )
    watching.cancel()
    assert server.busiest == 3
    by_host = {host: [r.at for r in server.requests if host.endswith(r.headers["host"])] for host in hosts}
    assert all(later - earlier >= 0.1 for earlier, later in by_host.values())
    await http.close()


@pytest.mark.parametrize(
    ("state", "visited"),
    [
        ({}, True),
        ({"not_before": timedelta(0)}, True),
        ({"not_before": timedelta(minutes=1)}, False),
        ({"not_before": timedelta(hours=24)}, False),
        ({"not_before": timedelta(days=1100)}, True),  # noted by a clock that was ahead
        ({"disabled": "gone for good"}, False),
        ({"disabled": "gone for good", "location": "https://before.example/"}, True),
        ({"not_before": timedelta(minutes=1), "location": "https://before.example/"}, True),
    ],
)
async def test_a_source_is_visited_when_it_is_due(
    server: Server, http: Http, now: datetime, state: dict[str, object], visited: bool
) -> None:
    server.routes["/"] = Answer(body=FEED)
    source = feed(server.url())
    if isinstance(wait := state.get("not_before"), timedelta):
        state = state | {"not_before": now + wait}
    states = remembered(source, **state)
    assert bool(await collect([source], states, http, now)) is visited
    assert await collect([source], states, http, now, force=True)


@pytest.mark.parametrize(
    ("age", "location", "asked"),
    [
        (timedelta(days=1), "", '"1"'),
        (timedelta(days=9), "", None),  # some servers say "not modified" for ever
        (timedelta(days=1), "https://before.example/", None),
    ],
)
async def test_validators_are_for_this_address_and_for_eight_days(
    server: Server, http: Http, now: datetime, age: timedelta, location: str, asked: str | None
) -> None:
    server.routes["/"] = Answer(body=FEED, etag='"1"')
    source = feed(server.url())
    place, asked_with = location or source.location, Validators(etag='"1"')
    states = remembered(source, location=place, validators=asked_with, validated_at=now - age)
    (visit,) = await collect([source], states, http, now)
    assert server.requests[0].headers.get("if-none-match") == asked
    assert visit.fetched is not None
    assert visit.fetched.not_modified is (asked is not None)


@pytest.mark.parametrize(
    ("seen", "days", "failures", "directly"),
    [(3, 3, 0, True), (2, 9, 0, False), (9, 2, 0, False), (3, 3, 1, False)],
)
async def test_a_new_address_is_believed_after_three_days_of_insisting(
    server: Server, http: Http, now: datetime, seen: int, days: int, failures: int, directly: bool
) -> None:
    server.routes |= {"/old": redirect("/new", 301), "/new": Answer(body=FEED)}
    source = feed(server.url("/old"))
    states = remembered(
        source,
        moved_to=server.url("/new"),
        moved_since=now - timedelta(days=days),
        moved_seen=seen,
        failures=failures,
    )
    (visit,) = await collect([source], states, http, now)
    assert server.paths() == (["/new"] if directly else ["/old", "/new"])
    assert visit.fetched is not None
    assert visit.fetched.moved_to == server.url("/new")  # so it stays known
    assert (visit.key, visit.settings) == (source.key, source)
