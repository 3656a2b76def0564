"""What a check-up says of a configuration, its database and its newsletters, as findings."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from digest.app import open_tools
from digest.model.findings import Finding, Level
from digest.settings import Settings
from digest.tools import Tools
from digest.usecases import checkup
from digest.usecases.readers import subscriptions
from tests.web.conftest import settings


def of(findings: Iterable[Finding], subject: str) -> list[tuple[Level, str]]:
    return [(one.level, one.text) for one in findings if one.subject == subject]


def changed(database: str, **values: object) -> Settings:
    given = settings(database).model_dump(by_alias=True, exclude_unset=True)
    return Settings.model_validate({**given, **values})


def test_an_empty_configuration_names_what_has_to_be_added(sqlite_url: str) -> None:
    bare = Settings.model_validate({"database": {"url": sqlite_url}})
    found = {one.subject: one for one in checkup.configuration(bare)}
    assert found["newsletters"].level is found["senders"].level is Level.FAILURE
    assert found["postal address"].level is Level.WARNING
    assert "[[newsletters]]" in found["newsletters"].text
    assert "[[senders]]" in found["senders"].text


def test_a_good_configuration_has_nothing_but_its_newsletters_without_sources(sqlite_url: str) -> None:
    good = changed(sqlite_url, senders=[{"kind": "smtp", "host": "127.0.0.1", "security": "none"}])
    findings = checkup.configuration(good)
    assert {one.subject for one in findings if one.level is Level.FAILURE} == {
        "newsletter daily",
        "newsletter weekly",
        "newsletter woche",
    }


def test_files_instead_of_mails_and_links_without_tls_are_noted(sqlite_url: str) -> None:
    site = {"name": "The Paper", "url": "http://news.example.org", "postal_address": "1 Main Street"}
    plain = changed(sqlite_url, senders=[{"kind": "eml"}], site=site)
    assert [level for level, _ in of(checkup.configuration(plain), "sender eml")] == [Level.WARNING]
    subject = "site.url http://news.example.org"
    assert [level for level, _ in of(checkup.configuration(plain), subject)] == [Level.WARNING]
    assert of(checkup.configuration(plain, visited=True), subject) == [], "the doctor looks at it itself"


def test_a_database_that_cannot_be_made_names_the_folder(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    [(level, text)] = of(checkup.configuration(changed(f"sqlite:///{missing}/digest.db")), "database")
    assert level is Level.FAILURE
    assert str(missing) in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_this_user_may_not_write_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    file.touch(mode=0o400)
    [(level, text)] = of(checkup.configuration(changed(f"sqlite:///{file}")), "database")
    assert level is Level.FAILURE
    assert "may not write" in text


def test_a_database_that_every_user_may_read_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    file.touch()
    file.chmod(0o644)
    [(level, text)] = of(checkup.configuration(changed(f"sqlite:///{file}")), "database")
    assert level is Level.WARNING
    assert f"chmod 600 {file}" in text
    file.chmod(0o600)
    assert of(checkup.configuration(changed(f"sqlite:///{file}")), "database") == []


async def test_readers_are_counted_missed_before_the_first_and_after_the_last(tools_on_both: Tools) -> None:
    async def told() -> tuple[Level, str]:
        findings = [one async for one in checkup.newsletters(tools_on_both)]
        return of(findings, "newsletter daily")[0]

    level, text = await told()
    assert level is Level.WARNING
    assert "no readers yet" in text
    await subscriptions.add(tools_on_both, "daily", ["anna@example.org"])
    assert await told() == (Level.OK, "1 reader")
    await subscriptions.unsubscribe(tools_on_both, "daily", ["anna@example.org"])
    level, text = await told()
    assert level is Level.WARNING
    assert "no readers any more" in text


async def test_a_theme_that_is_broken_is_a_failure_with_its_file(sqlite_url: str, tmp_path: Path) -> None:
    theme = tmp_path / "ours"
    theme.mkdir()
    for name, content in {"body.html": "{{ nothing.at.all }}", "body.txt": "x", "subject.txt": "x"}.items():
        (theme / name).write_text(content)
    daily = settings(sqlite_url).newsletters[0].model_dump(by_alias=True, exclude_unset=True)
    wanted = changed(sqlite_url, newsletters=[{**daily, "theme": str(theme)}])
    async with open_tools(wanted) as opened:
        findings = of([one async for one in checkup.newsletters(opened)], f"theme {theme}")
    assert [level for level, _ in findings] == [Level.FAILURE]
    assert "body.html" in findings[0][1]


async def test_only_a_server_that_forgets_commits_is_noted(tools_on_both: Tools) -> None:
    assert [one async for one in checkup.database(tools_on_both)] == []


async def test_a_check_tells_the_database_of_the_newsletters(tools: Tools) -> None:
    await checkup.remember(tools)
    async with tools.db.connect() as conn:
        rows = await conn.exec_driver_sql("SELECT name FROM newsletter")
        assert {row[0] for row in rows} == {"daily", "weekly", "woche"}


async def test_every_finding_without_the_network_has_an_id(tools: Tools) -> None:
    findings = [one async for one in checkup.offline(tools, visited=False)]
    assert findings
    assert all(one.id for one in findings)
