"""What the documents name exists: files of the program, pages they link to, and a number of its own for each decision."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from docs.make import reference

ROOT = Path(__file__).parent.parent
DECISIONS = ROOT / "docs" / "adr"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

#: Files that a guide tells its reader to write.
EXAMPLES = {"digest/sources/bulletin.py"}

_PATH = re.compile(r"(?<![\w./-])(?:digest|tests|bench|templates)/[\w./*-]*\w")
_LINK = re.compile(r"(?:\]\(|\b(?:src|href)=\")([^)\"#\s]+)")


def _name(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_files_that_a_document_names_exist(document: Path) -> None:
    named = set(_PATH.findall(document.read_text("utf-8"))) - EXAMPLES
    assert [path for path in sorted(named) if not list(ROOT.glob(path))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_relative_links_of_a_document_lead_somewhere(document: Path) -> None:
    links = [link for link in _LINK.findall(document.read_text("utf-8")) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = Counter(page.name[:4] for page in DECISIONS.glob("[0-9]*.md"))
    assert [number for number, pages in numbers.items() if pages > 1] == []


def test_every_decision_carries_its_number_and_stands_in_the_list() -> None:
    listed = (DECISIONS / "README.md").read_text("utf-8")
    for page in sorted(DECISIONS.glob("[0-9]*.md")):
        number, title = page.read_text("utf-8").splitlines()[0].removeprefix("# ").split(". ", 1)
        assert int(number) == int(page.name[:4])
        assert f"{number}. [{title}]({page.name})" in listed


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    navigation = (ROOT / "docs" / "zensical.toml").read_text("utf-8")
    pages = [
        page for page in (ROOT / "docs").rglob("*.md") if page.parent != DECISIONS or page.name == "README.md"
    ]
    assert [_name(page) for page in pages if f'"{_name(page)}"' not in navigation] == [], (
        "add it to docs/zensical.toml"
    )
    tomllib.loads(navigation)


def test_what_is_made_from_the_code_says_what_the_code_does() -> None:
    assert [_name(page) for page in reference.outdated()] == [], (
        "run: .venv/bin/python -m docs.make.reference"
    )
