"""/healthz tells an operator and a monitor what there is to know, and no secret."""

from __future__ import annotations

from pathlib import Path

from tests.web.conftest import Service, add_edition, add_reader


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


async def test_an_unusable_database_is_503_in_words(service: Service, tmp_path: Path) -> None:
    await service.tools.db.close()
    for path in tmp_path.glob("digest.db*"):
        path.write_bytes(b"this is no database" * 400)
    answer = await service.client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "failing"
    assert "digest.db" in answer.json()["database"]
