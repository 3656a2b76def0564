"""What people get wrong: every answer names the thing and the way out, and no traceback is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Digest, Newsroom


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["chek"], 2, ["chek", "check"]),
        (["send", "dayli"], 2, ["dayli", "daily"]),
        (["send", "daily", "--at", "noon"], 2, ["noon", "2026-10-25T07:00"]),
        (["editions", "show", "daily-1999"], 2, ["daily-1999", "editions list"]),
        (["deliveries", "daily-1999"], 2, ["daily-1999"]),
        (["editions", "list", "--newsletter", "dayly"], 2, ["dayly", "daily"]),
        (["preview", "daily", "--as", "stranger@example.org"], 2, ["stranger@example.org"]),
        (["subscribers", "add", "not an address", "--newsletter", "daily"], 1, ["not an address"]),
        (["subscribers", "show", "stranger@example.org"], 2, ["stranger@example.org"]),
        (["subscribers", "list", "--newsletter", "dayli"], 2, ["dayli", "daily"]),
        (["subscribers", "export", "--newsletter", "dayli"], 2, ["dayli", "daily"]),
        (["why", "reader", "anna@example.org", "--edition", "daily-1999"], 2, ["daily-1999"]),
        (["sources", "try", "nowhere.xml"], 2, ["nowhere.xml"]),
        (["sources", "try", "https://example.org/", "--kind", "fede"], 2, ["fede", "feed"]),
        (["sources", "try", "http://10.0.0.1/feed.xml"], 1, ["10.0.0.1"]),
        (["sources", "try", "file:///etc/passwd"], 2, ["file", "https://"]),
    ],
)
def test_the_way_out_is_said(
    digest: Digest, newsroom: Newsroom, arguments: list[str], code: int, words: list[str]
) -> None:
    newsroom.edit("allow_private = true", "allow_private = false")
    result = digest(*arguments)
    assert result.code == code, result
    for word in words:
        assert word in result.err


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "The Daily"', 'tilte = "The Daily"', ["config.toml:12", "tilte", "title"]),
        ("[fetch]", "[fetsch]", ["config.toml:6", "fetsch", "fetch"]),
        ('"Europe/Berlin"', '"Europe/Berln"', ["config.toml:15", "Europe/Berlin"]),
        ('"0 7 * * *"', '"0 7 * * 1"', ["config.toml:14", "mon"]),
        ('"48h"', '"48 hours"', ["config.toml:16", "36h"]),
        ("url = ", "ulr = ", ["config.toml:21", "url"]),
        ('title = "Harbour"', 'title = "Harbour', ["config.toml:19", "TOML"]),
    ],
)
def test_a_wrong_key_names_file_line_and_the_right_one(
    digest: Digest, newsroom: Newsroom, old: str, new: str, words: list[str]
) -> None:
    text = newsroom.config.read_text()
    head, _, tail = text.rpartition(old)
    newsroom.config.write_text(head + new + tail)
    result = digest("check")
    assert result.code == 2
    for word in words:
        assert word in result.err, result.err


def test_a_misspelt_environment_name_is_noticed(
    digest: Digest, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SIET__NAME", "x")
    result = digest("check")
    assert result.code == 2
    assert "DIGEST_SIET__NAME" in result.err


def test_no_configuration_says_how_to_make_one(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = digest("send", "daily")
    assert result.code == 2
    assert "digest init" in result.err


@pytest.mark.parametrize("question", ["subscribers list", "subscribers export", "sources list"])
def test_a_database_that_is_not_there_is_said(digest: Digest, newsroom: Newsroom, question: str) -> None:
    asked = digest(*question.split())
    assert asked.code == 0
    assert asked.err == f"There is no database yet at {newsroom.folder / 'digest.db'}\n"
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    assert digest(*question.split()).err == ""


def test_the_readers_of_a_newsletter_that_is_gone_are_still_there(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    newsroom.edit('name = "daily"', 'name = "weekly"')
    assert "anna@example.org" in digest("subscribers", "export", "--newsletter", "daily").out


def test_a_file_that_is_no_database(digest: Digest, newsroom: Newsroom) -> None:
    (newsroom.folder / "digest.db").write_text("This is not a database, it is a letter to the editor. " * 100)
    result = digest("send", "daily")
    assert result.code == 1
    assert "digest.db" in result.err


def test_a_source_that_fails_stops_nobody(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.config.write_text(
        newsroom.config.read_text()
        + f'[[newsletters.sections.sources]]\nurl = "{newsroom.server.url("/gone.xml")}"\n'
    )
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    preview = digest("preview", "daily")
    assert "/gone.xml" in preview.err
    assert digest("send", "daily", "--json").json["sent"] == 1
    listed = digest("sources", "list")
    assert "404" in listed.out


def test_a_password_is_asked_for_by_what_sends_alone(digest: Digest, newsroom: Newsroom) -> None:
    text = newsroom.config.read_text()
    sender = (
        '[[senders]]\nkind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\nusername = "paper"\n'
    )
    head, _, rest = text.partition("[[newsletters]]")
    newsroom.config.write_text(f"{head}{sender}[[newsletters]]{rest}")
    for arguments in (
        ["subscribers", "add", "ann@example.org", "--newsletter", "daily"],
        ["editions", "list"],
        ["subscribers", "list"],
    ):
        assert digest(*arguments).code == 0
    checked = digest("check")
    assert checked.code == 1
    assert "senders[0].password: is missing" in checked.out + checked.err
    sent = digest("send", "daily")
    assert sent.code == 1
    assert "`password` is missing" in sent.err
