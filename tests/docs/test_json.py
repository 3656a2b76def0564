"""The reference of JSON names every key that a command prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Digest, digest

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
CONFIG = """\
[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@news.example.org>"
[[newsletters.sections]]
title = "World"
[[newsletters.sections.sources]]
kind = "folder"
path = "stories"
base_url = "https://news.example.org/"
"""
OPML = '<opml version="2.0"><body><outline type="rss" text="x" xmlUrl="https://example.org/feed.xml"/></body></opml>'
#: Keys whose values are named by the reader's data: newsletters, reasons, columns of a file.
OPEN = {"next", "did_not_fit", "consent", "reasons", "stay"}

__all__ = ["digest"]  # the fixture


def documented(heading: str) -> set[str]:
    """Return the keys named in a section, and in those that it refers to."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    assert section, heading
    more = "digest sources try" if "(#digest-sources-try)" in section else ""
    return set(re.findall(r"`(\w+)`", section)) | (documented(more) if more else set())


def keys(value: Any, name: str = "") -> Iterator[str]:
    match value:
        case dict():
            for key, inner in value.items():
                if name not in OPEN:
                    yield key
                yield from keys(inner, key)
        case list():
            for item in value:
                yield from keys(item, name)


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "readers.csv").write_text("email,status\na@example.org,unsubscribed\nx\n", encoding="utf-8")
    (tmp_path / "feeds.opml").write_text(OPML, encoding="utf-8")
    (tmp_path / "stories").mkdir()
    for story in ("One", "Two"):
        text = f"---\ntitle: {story} boat has left the harbour\nimage: {{src: {story}.jpg, alt: A boat}}\n---\nIt left.\n"
        (tmp_path / "stories" / f"{story}.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_every_key_that_is_printed_is_in_the_reference(newsroom: Path, digest: Digest) -> None:
    assert digest("subscribers", "add", "anna@example.org").code == 0
    dry = digest("send", "--dry-run", "--json").json
    edition = dry["edition"]
    printed = {
        "digest send": [dry, digest("send", "--json").json],
        "digest check": digest("check", "--json").json,
        "digest test": digest("test", "daily", "eve@example.org", "--json").json,
        "digest editions": [
            digest("editions", "list", "--json").json,
            digest("editions", "show", edition, "--json").json,
        ],
        "digest deliveries": [
            digest("deliveries", edition, "--json").json,
            digest("deliveries", "retry", edition, "--yes", "--json").json,
            digest("deliveries", "accept", edition, "--yes", "--json").json,
        ],
        "digest preview": digest("simulate", "--days", "1", "--json").json,
        "digest sources try": digest("sources", "try", "stories/One.md", "--kind", "folder", "--json").json,
        "digest sources list": digest("sources", "list", "--json").json,
        "digest sources import": digest("sources", "import", "feeds.opml", "--json").json,
        "digest subscribers list": digest("subscribers", "list", "--json").json,
        "digest subscribers show": digest("subscribers", "show", "anna@example.org", "--json").json,
        "digest subscribers import": digest("subscribers", "import", "readers.csv", "--json").json,
        "digest why article": digest("why", "article", "https://news.example.org/One/", "--json").json,
    }
    digest("preview", "--out", "look")
    printed["digest preview"].append(
        json.loads((newsroom / "look" / "plan.json").read_text(encoding="utf-8"))
    )
    missing = {name: set(keys(answer)) - documented(name) for name, answer in printed.items()}
    assert {name: names for name, names in missing.items() if names} == {}
    assert not [name for name, answer in printed.items() if not answer], "an empty answer proves nothing"
