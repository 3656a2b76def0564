"""/metrics counts what the service did and shows how the queue stands; no label names a reader or an address."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from digest.app import open_tools
from digest.errors import SourceError
from digest.gathering import visits
from digest.model import Fetched
from digest.pipeline import publish
from digest.schedule.slots import due_slot
from digest.settings import DatabaseSettings, FetchSettings, Settings, SourceSettings
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery
from digest.store.editions import lifecycle
from digest.store.editions.depth import Depth, depth
from digest.telemetry.measures import COUNTERS, HISTOGRAMS, Family, Measures
from digest.web.ops import gauges
from digest.web.ops.gauges import GAUGES, Gauges
from tests.helpers.ledger import NOW, open_edition
from tests.helpers.servers import Answer, Server
from tests.web.conftest import Service, add_edition, add_reader


async def scrape(service: Service, accept: str = "") -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels, in the order of their names."""
    answer = await service.client.get("/metrics", headers={"Accept": accept})
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_a_scrape_shows_queue_pages_and_process(service: Service) -> None:
    for name in ("ada", "ben", "cleo"):
        await add_reader(service.tools, name)
    await add_edition(service.tools, "2026-03-01T07:00", "<p>x</p>")
    await service.client.get("/u/ada-a-token-that-is-none")
    await service.client.request("BREW", "/ada")
    found = await scrape(service)
    assert found["digest_queue_deliveries", "daily", "due"] == 3
    assert found["digest_queue_deliveries", "weekly", "due"] == 0
    assert found["digest_open_editions", "daily", "sending"] == 1
    assert found["digest_database_up",] == 1
    assert found["digest_http_requests_total", "GET", "/u/{token}", "404"] == 1
    assert found["digest_http_requests_total", "other", "none", "404"] == 1
    assert found["digest_http_request_seconds_count", "/u/{token}"] == 1
    assert found["digest_next_slot_timestamp_seconds", "daily"] > service.tools.clock().timestamp()
    assert found["process_resident_memory_bytes",] > 1e6
    answer = await service.client.get("/metrics")
    assert "ada" not in answer.text
    assert "example.org" not in answer.text


async def test_a_scraper_may_ask_for_openmetrics(service: Service) -> None:
    accept = "application/openmetrics-text; version=1.0.0"
    answer = await service.client.get("/metrics", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_a_database_that_fails_is_a_value(service: Service) -> None:
    await service.tools.db.close()
    for path in Path(service.tools.db.name).parent.glob("digest.db*"):
        path.write_bytes(b"this is no database" * 400)
    found = await scrape(service)
    assert found["digest_database_up",] == 0
    assert found["digest_problems",] == 0


async def test_scrapes_share_one_look_at_the_database(service: Service) -> None:
    asked = Gauges(service.tools)
    await asked.read()
    await add_reader(service.tools, "ada")
    await add_edition(service.tools, "2026-03-01T07:00", "<p>x</p>")
    assert (await asked.read())[gauges.QUEUE]["daily", "due"] == 0
    asked._look_at -= gauges.CACHE_SECONDS + 3600
    assert (await asked.read())[gauges.QUEUE]["daily", "due"] == 1


async def test_the_depth_of_the_queue_counts_open_editions_only(db: Database) -> None:
    edition = await open_edition(db, readers=5)
    other = await open_edition(db, readers=2, newsletter="weekly")
    async with db.begin() as conn:
        changes: dict[int, dict[str, object]] = {
            1: {"state": "sent"},
            2: {"state": "deferred", "not_before": NOW + timedelta(minutes=5)},
            3: {"state": "sending", "lease_until": NOW},
        }
        for reader, values in changes.items():
            one = (delivery.c.edition_id == edition.id) & (delivery.c.reader_id == reader)
            await conn.execute(update(delivery).where(one).values(**values))
    await lifecycle.set_status(db, other.name, "pause", NOW)
    assert await depth(db, NOW) == {
        "daily": Depth(due=2, waiting=1, in_flight=1, sending_editions=1, oldest=NOW),
        "weekly": Depth(paused=2, paused_editions=1),
    }
    for name in (edition.name, other.name):
        await lifecycle.set_status(db, name, "cancel", NOW)
    assert await depth(db, NOW) == {}


async def test_visits_and_editions_are_counted(sqlite_url: str, server: Server, now: datetime) -> None:
    secret = server.url("/feed.xml?key=s3cret")
    server.routes["/feed.xml"] = Answer(body="<rss><channel><title>x</title></channel></rss>", etag='"1"')
    server.routes["/broken.xml"] = Answer(status=500)
    settings = Settings.model_validate(
        {
            "database": DatabaseSettings(url=sqlite_url),
            "fetch": FetchSettings(allow_private=True, host_pause=timedelta(0)),
            "newsletters": [
                {
                    "name": "daily",
                    "title": "The Daily",
                    "schedule": "0 * * * *",
                    "from": "Daily <d@news.example.org>",
                    "sections": [{"sources": [{"url": secret}, {"url": server.url("/broken.xml")}]}],
                }
            ],
        }
    )
    async with open_tools(settings, clock=lambda: now) as tools:
        [newsletter] = settings.newsletters
        slot = due_slot(newsletter, now)
        assert slot is not None
        await publish.make(newsletter, slot, tools)
        await publish.fetch(newsletter.sources, tools, urgent=True)
        counted = {family.name: values for family, values in tools.measures.counters.items()}
    fetches = counted["digest_fetches"]
    assert fetches == {("feed", "new"): 1, ("feed", "unchanged"): 1, ("feed", "failed"): 2}
    assert counted["digest_editions"] == {("daily", "skipped-empty"): 1}
    assert "s3cret" not in str(counted)


def test_a_histogram_counts_a_value_at_its_bound_below_it() -> None:
    measures, family = Measures(), dataclasses.replace(HISTOGRAMS[0], bounds=(1.0, 2.0))
    measures.histograms[family] = {}
    measures.observe(family, (0.5, 1.0, 1.5, 9.0), "smtp")
    [one] = measures.histograms[family].values()
    assert (one.counts, one.sum) == ([2, 1, 1], 12.0)


def test_names_follow_the_conventions_of_prometheus() -> None:
    families: tuple[Family, ...] = (*COUNTERS, *HISTOGRAMS, *GAUGES)
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert family.name.startswith("digest_")
        assert not family.name.endswith("_total"), "the library adds it"
        assert family.help.endswith(".")
    assert all(family.name.endswith("_seconds") and family.bounds for family in HISTOGRAMS)


def test_the_result_of_a_visit_is_one_word() -> None:
    source = SourceSettings.model_validate({"url": "https://news.example.org/feed.xml"})
    results = [
        visits.Visit(key="x", settings=source, fetched=fetched, error=error).result
        for fetched, error in (
            (Fetched(), None),
            (Fetched(not_modified=True), None),
            (None, SourceError("no")),
        )
    ]
    assert results == ["new", "unchanged", "failed"]
