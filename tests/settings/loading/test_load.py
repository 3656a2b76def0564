"""A whole configuration: what wins, where paths lead, and what is said about each mistake."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.senders import eml
from digest.settings import DatabaseSettings
from digest.settings.loading import find_config, load

GOOD = """\
[site]
name = "The Morning Paper"
url = "https://news.example.org/"

[[senders]]
kind = "smtp"
host = "smtp.example.org"
username = "paper"
password = "from the file"

[[senders]]
kind = "eml"
folder = "mails"

[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@news.example.org>"
theme = "./themes/mine"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def problems(path: Path | None, environ: dict[str, str] | None = None) -> list[str]:
    """What is said about a configuration, the folder's name left out."""
    with pytest.raises(ConfigError) as refused:
        load(path, environ or {})
    return [line.removeprefix(f"{path.parent}/") if path else line for line in refused.value.problems]


def test_the_option_wins_then_the_environment_then_this_folder() -> None:
    environ = {"DIGEST_CONFIG": "/etc/digest.toml"}
    assert find_config(Path("mine.toml"), environ) == Path("mine.toml")
    assert find_config(None, environ) == Path("/etc/digest.toml")
    assert find_config(None, {}) == Path("config.toml")


def test_environment_wins_over_secrets_and_they_over_the_file(file: Path) -> None:
    secrets = file.parent / "secrets"
    secrets.mkdir()
    (secrets / "site__name").write_text("from a secret\n")
    (secrets / "senders__0__password").write_text("s3cret\n")
    (secrets / "tls_certificate").write_text("somebody else's")
    settings = load(file, {"DIGEST_SECRETS_DIR": str(secrets), "DIGEST_SITE__NAME": "from the environment"})
    assert settings.site.name == "from the environment"
    assert settings.site.url == "https://news.example.org"
    assert settings.senders[0].options.model_dump()["password"].get_secret_value() == "s3cret"


def test_an_environment_alone_is_enough() -> None:
    settings = load(
        None,
        {
            "DIGEST_SITE__NAME": "Paper",
            "DIGEST_WEB__PORT": "8080",
            "DIGEST_FETCH__ALLOW_PRIVATE": "true",
            "DIGEST_SENDERS__0__KIND": "eml",
            "DIGEST_SENDERS__0__RATE": '["14/s", "50000/day"]',
            "DIGEST_NEWSLETTERS": '[{"name": "daily", "title": "{{x}}", "from": "a@example.org"}]',
            "DIGEST_NEWSLETTERS__0__MAX_AGE": "2d",
            "DIGEST_NEWSLETTERS__0__SUBJECT": "{{ lead.title }}",
            "DIGEST_NEWSLETTERS__0__SECTIONS": '[{"title": "World"}]',
            "DIGEST_DEBUG": "1",
            "PATH": "/bin",
        },
    )
    newsletter = settings.newsletter("daily")
    assert (settings.web.port, settings.fetch.allow_private) == (8080, True)
    assert [str(rate) for rate in settings.senders[0].rate] == ["14/s", "50000/d"] or len(
        settings.senders[0].rate
    ) == 2
    assert (newsletter.subject, newsletter.max_age.days, newsletter.sections[0].title) == (
        "{{ lead.title }}",
        2,
        "World",
    )


def test_relative_paths_start_in_the_configurations_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = file.parent / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    settings = load(Path("../config.toml"), {})
    assert settings.database.url == f"sqlite:///{file.parent}/digest.db"
    options = settings.senders[1].options
    assert isinstance(options, eml.Options)
    assert options.folder == file.parent / "mails"
    assert settings.newsletter("daily").theme == str(file.parent / "themes/mine")


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("sqlite:///here.db", "sqlite:///{folder}/here.db"),
        ("sqlite:///data/here.db?timeout=3", "sqlite:///{folder}/data/here.db?timeout=3"),
        ("sqlite:////var/lib/digest.db", "sqlite:////var/lib/digest.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://user:pw@db.example.org/digest", "postgresql://user:pw@db.example.org/digest"),
    ],
)
def test_the_databases_file_is_found_from_anywhere(file: Path, url: str, absolute: str) -> None:
    assert load(file, {"DIGEST_DATABASE__URL": url}).database.url == absolute.format(folder=file.parent)


def test_the_databases_password_is_not_shown() -> None:
    assert "secret" not in repr(DatabaseSettings(url="postgresql://us:secret@db.example/digest"))


def test_without_senders_mails_become_files(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    (sender,) = load(tmp_path / "config.toml", {}).senders
    assert isinstance(sender.options, eml.Options)
    assert sender.options.folder == tmp_path / "outbox"


def test_a_byte_order_mark_and_windows_line_ends_are_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(file, {}).site.name == "The Morning Paper"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "config.toml")
    assert problem.startswith("config.toml: there is no such file")
    assert "digest init" in problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[site]\nname = 'x\n", "config.toml:2: is not valid TOML: "),
        (b"[site]\nname =", "config.toml:2: is not valid TOML: "),
        (b"[site]\n[site]\n", "config.toml:2: is not valid TOML: "),
        (b"[site]\nname = 'M\xfcnchen'\n", "config.toml:2: is not UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    assert problems(file)[0].startswith(problem)


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path / ".")[0]


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("[sit]\nname = 'x'", "config.toml:20: sit: unknown key; did you mean 'site'?"),
        ("[web]\nprot = 1", "config.toml:21: web.prot: unknown key; did you mean 'port'?"),
        ("[web]\nport = 'x'", "config.toml:21: web.port: must be a whole number"),
        ("[web]\nport = 70000", "config.toml:21: web.port: must be at most 65535"),
        ("[fetch]\nallow_private = 'perhaps'", "config.toml:21: fetch.allow_private: must be true or false"),
        ("[fetch]\ninterval = 'soon'", "config.toml:21: fetch.interval: 'soon' is not a duration"),
        ("[fetch]\ninterval = 36", "config.toml:21: fetch.interval: needs a unit; write for example"),
        ("max_age = 1.5", "config.toml:20: newsletters[0].max_age: needs a unit; write for example"),
        ("max_age = true", "config.toml:20: newsletters[0].max_age: needs a unit; write for example"),
        ("title = 'x'\n", "config.toml:20: is not valid TOML"),
        ("tittle = 'x'\n", "config.toml:20: newsletters[0].tittle: unknown key; did you mean 'title'?"),
        ("schedule = '@daily'", "config.toml:20: newsletters[0].schedule: the schedule '@daily' is not"),
        ("timezone = 'Europe/Zurch'", "config.toml:20: newsletters[0].timezone: unknown timezone"),
        ("on_unknown = 'guess'", "config.toml:20: newsletters[0].on_unknown: must be 'resend' or 'hold'"),
        (
            "[[newsletters.sections]]\ntitel = 'x'",
            "config.toml:21: newsletters[0].sections[0].titel: unknown key",
        ),
        (
            "[[newsletters.sections]]\nmax_lateness = '1h'",
            "config.toml:21: newsletters[0].sections[0].max_lateness: unknown key here; it belongs to newsletters[0]",
        ),
        (
            "[[newsletters]]\nname = 'x'\ntitle = 'x'",
            "config.toml:20: newsletters[1].from: is required, but missing",
        ),
        (
            "[[newsletters]]\nname = 'daily'\ntitle = 'x'\nfrom = 'a@example.org'",
            "config.toml:15: newsletters: two newsletters are called daily",
        ),
        (
            "[[senders]]\nkind = 'smpt'",
            "config.toml:20: senders[2]: unknown kind 'smpt'; did you mean 'smtp'?",
        ),
        (
            "[[senders]]\nkind = 'eml'\nfoldr = 'x'",
            "config.toml:22: senders[2].foldr: unknown key; did you mean 'folder'?",
        ),
        (
            "[database]\nurl = 'mysql://user:s3cret@host/x'",
            'config.toml:21: database.url: must begin with "sqlite:///"',
        ),
        ("sections = { title = 'x' }", "config.toml:20: newsletters[0].sections: must be a list of tables"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_the_way_out(file: Path, addition: str, problem: str) -> None:
    file.write_text(GOOD + addition)
    (said,) = problems(file)
    assert said.startswith(problem)
    assert "s3cret" not in said


def test_all_mistakes_are_said_at_once_in_the_order_of_the_file(file: Path) -> None:
    file.write_text("[web]\nport = 'x'\n[fetch]\ntimeout = 'y'\nfoo = 1\n")
    lines = [said.split(": ")[0] for said in problems(file)]
    assert lines == ["config.toml:2", "config.toml:4", "config.toml:5"]


def test_brackets_in_the_singular_are_said(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[newsletters]\nname = 'daily'\n")
    assert problems(file) == [
        "config.toml:1: newsletters: must be a list of tables: write [[newsletters]], with two brackets"
    ]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        (
            "DIGEST_SITE_URL",
            "x",
            "DIGEST_SITE_URL: no such key in the configuration; did you mean DIGEST_SITE__URL?",
        ),
        ("DIGEST_CONFG", "x", "DIGEST_CONFG: no such key in the configuration; did you mean DIGEST_CONFIG?"),
        ("DIGEST_SITE__NAM", "x", "DIGEST_SITE__NAM: site.nam: unknown key; did you mean 'name'?"),
        ("DIGEST_WEB__PORT", "s3cret", "DIGEST_WEB__PORT: web.port: must be a whole number"),
        ("DIGEST_SENDERS", "[s3cret", "DIGEST_SENDERS: is not valid JSON at character 2"),
        (
            "DIGEST_SENDERS__7__KIND",
            "eml",
            "DIGEST_SENDERS__7__KIND: there is no item 7 in the list: it has 2",
        ),
        ("DIGEST_SENDERS__SMTP__KIND", "eml", 'DIGEST_SENDERS__SMTP__KIND: "smtp" leads nowhere'),
        (
            "DIGEST_SENDERS__0__PORT",
            "s3cret",
            "DIGEST_SENDERS__0__PORT: senders[0].port: must be a whole number",
        ),
        ("DIGEST_SECRETS_DIR", "/nowhere", "DIGEST_SECRETS_DIR: /nowhere is not a folder"),
    ],
)
def test_a_wrong_name_in_the_environment_is_said(file: Path, name: str, value: str, problem: str) -> None:
    (said,) = problems(file, {name: value})
    assert said.startswith(problem)
    assert "s3cret" not in said


def test_a_wrong_secret_names_its_file_and_not_its_content(file: Path) -> None:
    (file.parent / "web__port").write_text("s3cret")
    (said,) = problems(file, {"DIGEST_SECRETS_DIR": str(file.parent)})
    assert said == "web__port: web.port: must be a whole number"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(file: Path) -> None:
    file.chmod(0)
    assert "cannot be read" in problems(file)[0]


def test_each_sender_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    kinds = ['kind = "eml"', 'kind = "smtp"\nhost = "a.example"\nname = "eml-2"', 'kind = "eml"', ""]
    path.write_text("".join(f"[[senders]]\n{lines}\n" for lines in kinds), encoding="utf-8")
    assert [sender.name for sender in load(path, {}).senders] == ["eml", "eml-2", "eml-3", "eml-4"]
    path.write_text('[[senders]]\nname = "post"\n[[senders]]\nname = "post"\n', encoding="utf-8")
    [problem] = problems(path)
    assert "two senders are called post" in problem


def test_no_time_at_all_needs_no_unit(file: Path) -> None:
    file.write_text(GOOD + "quiet_time = 0\nmax_wait = '0s'\n")
    newsletter = load(file, {}).newsletter("daily")
    assert newsletter.quiet_time == newsletter.max_wait == timedelta(0)


def test_hours_and_warm_up_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    text = '[[senders]]\nhours = "6 to 22"\ntimezone = "Europe/Zurch"\nwarm_up = [200, 0]\n'
    path.write_text(text, encoding="utf-8")
    hours, timezone, warm_up = problems(path)
    assert hours.startswith("config.toml:2")
    assert '"06:00-22:00"' in hours
    assert "Europe/Zurich" in timezone
    assert "warm_up" in warm_up
