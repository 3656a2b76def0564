"""Themes of one's own: copied, changed, looked at."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from digest.edition import colours, templates_dir, view
from digest.edition.licences import Licence
from digest.edition.theme.themes import FILES, FILTERS, new_theme, ours, template_problems
from digest.errors import UsageError
from digest.model.placeholders import PLACEHOLDERS
from tests.edition.conftest import Compose


@pytest.mark.parametrize("like", ours(templates_dir()))
def test_a_new_theme_sets_the_same_mail_until_it_is_changed(
    compose: Compose, tmp_path: Path, like: str
) -> None:
    folder = new_theme("mine", tmp_path / "themes", templates_dir(), like=like)
    assert sorted(file.name for file in folder.iterdir()) == sorted(FILES)
    assert compose(theme=str(folder)) == compose(theme=like)
    body = folder / "body.html"
    body.write_text(
        body.read_text("utf-8").replace("{{ edition.title }}", "{{ edition.title|upper }}"), "utf-8"
    )
    assert "THE DAILY TIDE" in compose(theme=str(folder)).html


def test_a_theme_of_ones_own_may_replace_a_shared_part(compose: Compose, tmp_path: Path) -> None:
    folder = new_theme("mine", tmp_path, templates_dir())
    (folder / "shared").mkdir()
    shared = (templates_dir() / "email" / "shared" / "page.html").read_text("utf-8")
    (folder / "shared" / "page.html").write_text(
        shared.replace("max-width:600px", "max-width:640px"), "utf-8"
    )
    assert "max-width:640px" in compose(theme=str(folder)).html


@pytest.mark.parametrize(
    ("name", "like", "words"),
    [
        ("frontpage", "letter", "not one of ours"),
        ("../evil", "letter", "not a name"),
        ("mine", "lettre", "did you mean 'letter'"),
    ],
)
def test_what_cannot_be_a_theme_says_why(tmp_path: Path, name: str, like: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        new_theme(name, tmp_path, templates_dir(), like=like)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new_theme("mine", tmp_path, templates_dir())
    with pytest.raises(UsageError, match="there already"):
        new_theme("mine", tmp_path, templates_dir())


def test_our_own_templates_are_not_careless() -> None:
    assert list(template_problems(templates_dir() / "email")) == []


def test_careless_templates_are_found_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "body.html").write_text(
        '<p>\n<p title={{ lead.title }}>\n<a href="{{ lead.url }}">x</a>', "utf-8"
    )
    first, second = template_problems(tmp_path)
    assert first.startswith(f"{tmp_path / 'body.html'}:2: put the value of title in quotes")
    assert second.startswith(f"{tmp_path / 'body.html'}:3: write {{{{ ... |url }}}}")


# --- the guide --------------------------------------------------------------------------------------------

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "themes.md"
NOUNS: dict[str, type] = {
    "edition": view.Head,
    "section": view.Section,
    "story": view.Story,
    "image": view.Picture,
    "site": view.Foot,
    "licence": Licence,
}


@pytest.mark.parametrize("name", NOUNS)
def test_the_guide_names_every_variable_and_no_other(name: str) -> None:
    kind = NOUNS[name]
    there = {field.name for field in fields(kind)} | {
        attribute for attribute, value in vars(kind).items() if isinstance(value, property)
    }
    told = set(re.findall(rf"`{name}\.(\w+)`", GUIDE.read_text("utf-8")))
    assert told == there - {"text"}  # what `body` is made from


def test_the_guide_names_every_personal_value_and_colour() -> None:
    guide = GUIDE.read_text("utf-8")
    assert set(re.findall(r"`reader\.(\w+)`", guide)) == set(PLACEHOLDERS)
    assert all(field.name in guide for field in fields(colours.Palette))
    assert all(f"`{name}" in guide for name, _ in FILTERS)


def test_the_guides_example_is_a_theme(compose: Compose, tmp_path: Path) -> None:
    folder = new_theme("mine", tmp_path, templates_dir())
    example = GUIDE.read_text("utf-8").split("```jinja\n")[1].split("```")[0]
    (folder / "body.html").write_text(example, "utf-8")
    assert "The flood wall" in compose(theme=str(folder)).html
