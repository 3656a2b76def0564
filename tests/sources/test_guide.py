"""The guide's page on sources tells what the program does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from digest import plugins
from digest.settings import SourceSettings

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "guide" / "sources.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", plugins.kinds("sources"))
def test_every_kind_has_its_section_and_an_example_that_works(kind: str) -> None:
    section = PAGE.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert f"<!-- options of {kind} -->\n|" in section
    lines = section.partition("    [[newsletters.sections.sources]]\n")[2].partition("\n\n")[0].split("\n")
    example = tomllib.loads("\n".join(line.removeprefix("    ") for line in lines))
    assert SourceSettings.model_validate(example).kind == kind


def test_keys_for_every_kind_are_all_named() -> None:
    common = PAGE.partition("\n## For every kind\n")[2].partition("\n## ")[0]
    missing = [
        name for name in SourceSettings.model_fields if name != "options" and f"`{name}`" not in common
    ]
    assert not missing


def test_the_kind_of_your_own_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imports = (
        "import json\nfrom dataclasses import replace\nfrom pydantic import Field\nfrom digest.net.http import Http\n"
        "from digest.model import Article, Fetched, Validators\nfrom digest.sources import SourceOptions\n"
        "from digest.text import clean_text\n\n"
    )
    code = PAGE.partition("lines are enough:\n\n")[2].partition("\n`http` checks")[0]
    house = tmp_path / "house_of_a_test"
    house.mkdir()
    lines = (line.removeprefix("    ") for line in code.split("\n"))
    (house / "agency.py").write_text(imports + "\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    kind = "house_of_a_test.agency"
    source = SourceSettings.model_validate({"kind": kind, "url": "https://agency.example/list"})
    assert source.location == "https://agency.example/list"
    body = b'{"stories": [{"id": "1", "url": "https://agency.example/1", "title": "Rain &amp; wind"}]}'
    fetched = plugins.load("sources", kind).parse(body)
    assert [article.title for article in fetched.articles] == ["Rain & wind"]
