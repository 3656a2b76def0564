"""/healthz tells an operator and a monitor what there is to know, and no secret."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from digest.app import open_tools
from digest.clock import steady
from digest.timekeeping.ticker import MAX_SILENCE_SECONDS
from digest.web import create_app, serve
from tests.helpers.ledger import Times
from tests.web.conftest import Service, add_edition, add_reader, settings


async def test_a_healthy_service_says_when_it_sends_next_and_how_the_last_edition_went(
    service: Service,
) -> None:
    await add_reader(service.tools, "ada")
    name = await add_edition(service.tools, "2026-03-01T07:00", "<p>x</p>")
    answer = await service.client.get("/healthz")
    health = answer.json()
    assert (answer.status_code, health["status"], health["database"]) == (200, "ok", "ok")
    daily, weekly, _ = health["newsletters"]
    assert daily["next"] == "2026-03-02T07:00:00+00:00"
    assert daily["last"]["edition"] == name
    assert (daily["last"]["recipients"], daily["last"]["queued"]) == (1, 1)
    assert weekly["last"] is None
    assert health["sources_in_trouble"] == []
    assert "ada" not in answer.text


async def test_a_database_that_fails_is_told_and_no_reason_to_restart(
    service: Service, tmp_path: Path
) -> None:
    await service.tools.db.close()
    for path in tmp_path.glob("digest.db*"):
        path.write_bytes(b"this is no database" * 400)
    answer = await service.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")
    assert "digest.db" in answer.json()["database"]
    ready = await service.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "digest.db" in ready.json()["reason"]


async def test_what_the_service_has_found_is_told_without_readers(service: Service) -> None:
    service.tools.notices.tell("delivery", ["smtp: 550 5.7.1 <ada@post.example.org> not from you"])
    told = (await service.client.get("/healthz")).json()
    assert told["problems"] == ["smtp: 550 5.7.1 <…> not from you"]


async def test_a_database_that_was_moved_is_not_ready_until_it_is_back(
    service: Service, tmp_path: Path
) -> None:
    file = Path(service.tools.db.name)
    file.rename(tmp_path / "elsewhere.db")
    assert "was moved to" in (await service.client.get("/healthz")).json()["database"]
    answer = await service.client.get("/readyz")
    assert (answer.status_code, "was moved to" in answer.json()["reason"]) == (503, True)
    (tmp_path / "elsewhere.db").rename(file)
    assert (await service.client.get("/healthz")).json()["status"] == "ok"
    answer = await service.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "reason": ""})


async def test_tables_of_another_version_and_a_service_that_drains_are_not_ready(
    sqlite_url: str, now: datetime
) -> None:
    draining: list[bool] = []
    async with open_tools(settings(sqlite_url), clock=lambda: now) as tools:
        app = create_app(tools, draining=lambda: bool(draining))
        async with serve(app, "127.0.0.1", 0) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                assert (await client.get("/readyz")).status_code == 200
                async with tools.db.begin() as conn:
                    await conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))
                answer = await client.get("/readyz")
                assert (answer.status_code, "digest db upgrade" in answer.text) == (503, True)
                draining.append(True)
                answer = await client.get("/readyz")
                assert (answer.status_code, "draining" in answer.text) == (503, True)
                assert (await client.get("/healthz")).status_code == 200


async def test_a_ticker_that_stands_still_is_503_in_words(service: Service) -> None:
    service.tools.pulse.beat(steady())
    assert (await service.client.get("/healthz")).json()["ticker"] == "ok"
    service.tools.pulse.beat(steady() - MAX_SILENCE_SECONDS - 60)
    answer = await service.client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "failing"
    assert "no process has looked for 4 min" in answer.json()["ticker"]


async def test_a_clock_in_doubt_is_told_and_no_reason_to_restart(sqlite_url: str, now: datetime) -> None:
    clock = Times(now)
    async with open_tools(settings(sqlite_url), clock=clock, ticks=lambda: 1000.0) as tools:
        clock.on(timedelta(days=1))
        await tools.timekeeper.look()
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")
    assert "1 d ahead" in answer.json()["clock"]
    assert answer.json()["time"] == now.isoformat()
