"""Addresses in the configuration: in ASCII when they can be used, refused with file and line when not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.settings import Settings
from digest.settings.addresses import link, mailbox, site_address
from digest.settings.loading import load

CONFIG = """\
[site]
{site}
[[newsletters]]
name = "daily"
title = "The Daily"
{newsletter}
"""
FROM = 'from = "The Daily <daily@news.example.org>"'


def load_with(folder: Path, *, site: str = "", newsletter: str = FROM) -> Settings:
    path = folder / "config.toml"
    path.write_text(CONFIG.format(site=site, newsletter=newsletter), encoding="utf-8")
    return load(path, {})


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("https://news.example.org/", "https://news.example.org"),
        ("HTTPS://News.Example.ORG:8443/a/", "https://news.example.org:8443/a"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://新聞.example/一面", "https://xn--efvv70d.example/%E4%B8%80%E9%9D%A2"),
        ("https://example.org/caf%C3%A9/100%", "https://example.org/caf%C3%A9/100%25"),
        ('https://example.org/a,b"c', "https://example.org/a%2Cb%22c"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_an_address_of_the_site_is_used_as_an_ascii_uri(written: str, used: str) -> None:
    assert site_address(written) == used
    assert site_address(used) == used


@pytest.mark.parametrize(
    "written",
    [
        "news.example.org",
        "ftp://example.org",
        "https://",
        "https:///path",
        "https://news example.org",
        "https://example.org/a b",
        "https://example.org\u2028",
        "https://user:secret@example.org",
        "https://example.org:99999",
        "https://example.org:port",
        "https://exa_mple..org",
        "https://-a.example",
        "https://[::1",
        "https://example.org/?list=1",
        "https://example.org/#news",
        "https://example.org/" + "x" * 600,
        "https://" + "a" * 64 + ".example",
    ],
)
def test_one_that_cannot_work_is_refused_with_its_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_with(tmp_path, site=f"url = {json.dumps(written)}")
    [problem] = refused.value.problems
    assert problem.startswith(f"{tmp_path}/config.toml:2: site.url: ")
    assert "secret" not in problem


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("", ""),
        ("/join", "/join"),
        ("logo.png", "logo.png"),
        ("/zürich?a=ü", "/z%C3%BCrich?a=%C3%BC"),
        ("https://münchen.example/x?y=1#z", "https://xn--mnchen-3ya.example/x?y=1#z"),
        ("mailto:desk@bücher.example?subject=Hi", "mailto:desk@xn--bcher-kva.example?subject=Hi"),
    ],
)
def test_links_of_the_site_lead_to_places_that_exist(written: str, used: str) -> None:
    assert link(written) == used


@pytest.mark.parametrize(
    "written", ["javascript:alert(1)", "www.example.org/join", "a b", "mailto:nobody", "//a b"]
)
@pytest.mark.parametrize("key", ["appeal_url", "signup_url"])
def test_other_links_are_refused(tmp_path: Path, key: str, written: str) -> None:
    with pytest.raises(ConfigError, match=rf"config\.toml:2: site\.{key}: "):
        load_with(tmp_path, site=f"{key} = {json.dumps(written)}")


@pytest.mark.parametrize("written", ["Büro", "desk@", "a\nb", "http://"])
def test_a_contact_that_cannot_stand_in_a_header_is_refused(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.toml:2: site\.contact: "):
        load_with(tmp_path, site=f"contact = {json.dumps(written)}")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The Daily <daily@news.example.org>", ("The Daily", "daily@news.example.org")),
        ('"Daily, The" <daily@news.example.org>', ("Daily, The", "daily@news.example.org")),
        ("Zürich <post@zürich.example>", ("Zürich", "post@xn--zrich-kva.example")),
        ("daily@news.example.org", ("", "daily@news.example.org")),
    ],
)
def test_a_mailbox_is_split(text: str, parts: tuple[str, str]) -> None:
    assert mailbox(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "The Daily",
        "The Daily <daily>",
        "The Daily <daily@>",
        "daily@localhost",
        "rédaction@news.example.org",
        "Daily, The <daily@news.example.org>",
        "a@news.example.org, b@news.example.org",
        "The Daily <daily@news.example.org> x",
        "daily@news..example.org",
        "daily@-news.example.org",
        "da ily@news.example.org",
        "The\nDaily <daily@news.example.org>",
    ],
)
@pytest.mark.parametrize(("key", "line"), [("from", 5), ("reply_to", 6)])
def test_who_cannot_send_is_refused_when_the_configuration_is_read(
    tmp_path: Path, text: str, key: str, line: int
) -> None:
    newsletter = f"{'' if key == 'from' else FROM + chr(10)}{key} = {json.dumps(text)}"
    with pytest.raises(ConfigError) as refused:
        load_with(tmp_path, newsletter=newsletter)
    [problem] = refused.value.problems
    assert problem.startswith(f"{tmp_path}/config.toml:{line + 1}: newsletters[0].{key}: ")


def test_seeds_may_come_with_their_names(tmp_path: Path) -> None:
    settings = load_with(tmp_path, newsletter=f'{FROM}\nseeds = ["Ann <ann@example.org>", "ben@example.org"]')
    assert len(settings.newsletters[0].seeds) == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [("selector", "s 1"), ("selector", "x" * 300), ("selector", "-a"), ("domain", "exa mple.org")],
)
def test_a_dkim_key_whose_record_cannot_exist_is_refused(tmp_path: Path, key: str, value: str) -> None:
    entry = {"domain": "example.org", "selector": "s1", "key_file": "k.pem", key: value}
    lines = "\n".join(f"{name} = {json.dumps(text)}" for name, text in entry.items())
    with pytest.raises(ConfigError, match=rf"dkim\[0\].{key}: "):
        load_with(tmp_path, newsletter=f"{FROM}\n[[dkim]]\n{lines}")


def test_a_dkim_domain_is_compared_in_ascii(tmp_path: Path) -> None:
    newsletter = f'{FROM}\n[[dkim]]\ndomain = "Bücher.example"\nselector = "s1"\nkey_file = "k.pem"'
    [key] = load_with(tmp_path, newsletter=newsletter).dkim
    assert key.covers("news.xn--bcher-kva.example")
