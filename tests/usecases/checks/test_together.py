"""Keys that are right each by itself and wrong together, as `digest check` finds them without the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.edition import templates_dir
from digest.model.findings import Finding, Level
from digest.settings import Settings
from digest.usecases import checks
from tests.helpers.articles import feed

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
BASE = {"name": "daily", "title": "The Daily", "from": "daily@example.org"}
ONE = [{"title": "World", "sources": [feed("a")]}]


def settings(*newsletters: dict[str, Any], **tables: Any) -> Settings:
    papers = [{**BASE, "sections": ONE, **one} for one in newsletters or ({},)]
    return Settings.model_validate({"newsletters": papers, **tables})


def found(loaded: Settings) -> Iterator[Finding]:
    yield from checks.site(loaded)
    yield from checks.timing(loaded, NOW)
    yield from checks.choosing(loaded, templates_dir())
    yield from checks.sources(loaded)


def test_a_plain_configuration_has_nothing_to_say() -> None:
    for schedule in (
        "0 7 * * *",
        "0 7 * * mon-fri",
        "0 9 * * mon",
        "0 7,12,18 * * *",
        "*/10 * * * *",
        "0 9 1 1 *",
    ):
        assert not list(found(settings({"schedule": schedule})))


FAILURE, WARNING = Level.FAILURE, Level.WARNING


@pytest.mark.parametrize(
    ("newsletter", "level", "words"),
    [
        (
            {"min_articles": 30},
            FAILURE,
            "min_articles = 30 and max_articles = 20: no edition could ever be made",
        ),
        (
            {"min_articles": 6, "sections": [{"max_articles": 5, "sources": [feed("a")]}]},
            FAILURE,
            "its sections take 5 articles together",
        ),
        (
            {"sections": [*ONE, {"title": "Sport"}]},
            WARNING,
            "the section 'Sport' has no source and will never have a story",
        ),
        (
            {"sections": [{"title": "World", "max_articles": 50, "sources": [feed("a")]}]},
            WARNING,
            "the section 'World' has max_articles = 50, and the newsletter takes no more than 20",
        ),
        (
            {"sections": [{"sources": [feed("a"), feed("a")]}]},
            WARNING,
            "its section no. 1 names one source twice",
        ),
        (
            {"schedule": "0 7 * * mon-fri", "max_age": "36h"},
            WARNING,
            "max_age = 1 d 12 h is shorter than the longest gap between two editions, 3 d: stories of the 1 d 12 h after",
        ),
        ({"schedule": "0 9 1 * *", "max_age": "30d"}, WARNING, "shorter than the longest gap"),
        ({"max_lateness": "2d"}, WARNING, "max_lateness = 2 d is longer than the shortest gap"),
        ({"quiet_time": "2h"}, WARNING, "quiet_time = 2 h is longer than max_wait = 1 h"),
        (
            {"quiet_time": "40h", "max_wait": "40h"},
            FAILURE,
            "an article waits 1 d 16 h (quiet_time, max_wait) and is too old after 1 d 12 h",
        ),
        ({"canary": "5%", "canary_wait": "24h"}, FAILURE, "only the first readers would ever get an edition"),
        ({"again_after": "3d"}, WARNING, 'again_after does nothing with updates = "ignore"'),
        ({"schedule": "0 0 29 2 *"}, WARNING, "the next edition is due 2028-02-29T00:00"),
        (
            {"pins": ["https://e.org/1?utm_source=x"], "blocks": ["https://e.org/1"]},
            WARNING,
            "https://e.org/1?utm_source=x is among the pins and the blocks",
        ),
        (
            {"sections": [{"sources": [feed("a", include={"words": ["X"]}, exclude={"words": ["x", "y"]})]}]},
            WARNING,
            "excludes all that it includes (words: x)",
        ),
        ({"language": "sv"}, WARNING, 'language = "sv" (Swedish): its dates are right, but'),
    ],
)
def test_keys_that_do_not_go_together(newsletter: dict[str, Any], level: Level, words: str) -> None:
    [finding] = found(settings(newsletter))
    assert (finding.level, finding.subject) == (level, "newsletter daily")
    assert words in finding.text


def test_two_newsletters_for_the_same_news_at_the_same_time() -> None:
    [finding] = found(settings({}, {"name": "copy"}))
    assert finding.subject == "newsletter copy"
    assert "daily and copy take the same sources at the same time" in finding.text
    assert not list(found(settings({}, {"name": "late", "schedule": "0 19 * * *"})))


def test_a_deadline_that_reaches_into_the_next_edition() -> None:
    [finding] = found(settings(delivery={"deadline": "48h"}))
    assert "[delivery] deadline = 2 d is longer than the shortest gap" in finding.text


def test_a_theme_of_the_operators_own_that_lists_nothing(tmp_path: Path) -> None:
    theme = tmp_path / "mine"
    theme.mkdir()
    for name in ("subject.txt", "body.txt", "body.html"):
        (theme / name).write_text("{{ lead.title }}")
    loaded = settings({"overflow": "list", "theme": str(theme)})
    [finding] = found(loaded)
    assert "the theme does not show `section.listed`" in finding.text
    assert not list(found(settings({"overflow": "list"})))


# --- where links lead -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("site", "web", "words"),
    [
        ("http://127.0.0.1:8000", 8011, "web.port is 8011, and the links in the mails lead to port 8000"),
        ("http://localhost", 8000, "the links in the mails lead to port 80"),
        ("https://[::1]", 443, ""),
        ("https://news.example.org", 8011, ""),
        ("http://localhost:8000", 8000, ""),
    ],
)
def test_the_pages_port_and_the_sites(site: str, web: int, words: str) -> None:
    texts = [finding.text for finding in found(settings(site={"url": site}, web={"port": web}))]
    assert len(texts) == bool(words)
    assert all(words in text for text in texts)


def test_links_that_lead_to_each_readers_own_machine() -> None:
    senders = [{"kind": "smtp", "host": "smtp.example.org"}]
    [finding] = found(settings(senders=senders))
    assert "this is each reader's own machine" in finding.text
    assert not list(found(settings(senders=senders, site={"url": "https://news.example.org"})))


# --- sources ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://cms.example.org:8443/feed", "port 8443 is not visited, only 80 and 443"),
        ("http://127.0.0.1/feed", "127.0.0.1 is a private or reserved address"),
        ("http://192.168.1.20/feed", "192.168.1.20 is a private or reserved address"),
        ("http://[fe80::1]/feed", "fe80::1 is a private or reserved address"),
        ("http://localhost/feed", "localhost is a private or reserved address"),
        ("https://example.org:443/feed", ""),
    ],
)
def test_addresses_that_the_next_visit_refuses(url: str, words: str) -> None:
    paper = {"sections": [{"sources": [{"url": url, "name": "Desk"}]}]}
    findings = list(found(settings(paper)))
    assert [finding.level for finding in findings] == [FAILURE] * bool(words)
    for finding in findings:
        assert finding.subject == "source Desk"
        assert finding.text.startswith(words)
    assert not list(found(settings(paper, fetch={"allow_private": True})))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file.md").write_text("x")

    def texts(path: Path) -> list[str]:
        source = {"kind": "folder", "path": str(path)}
        return [finding.text for finding in found(settings({"sections": [{"sources": [source]}]}))]

    assert texts(tmp_path / "none") == [f"there is no folder {tmp_path / 'none'}"]
    assert texts(tmp_path / "file.md") == [f"{tmp_path / 'file.md'} is a file; name its folder"]
    assert texts(tmp_path) == []


def test_one_id_for_two_sources() -> None:
    sources = [feed("a", id="desk"), {"url": "https://u:secret@b.example.org/feed", "id": "desk"}]
    [finding] = [
        one for one in found(settings({"sections": [{"sources": sources}]})) if "2 sources" in one.text
    ]
    assert finding.level is FAILURE
    assert "secret" not in finding.text
