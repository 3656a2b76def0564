"""The reference says what the program does, because it is made from it."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel, Field

from digest.cli import COMMANDS
from digest.settings import Newsletter, Settings
from docs.make import commands, reference, settings


def test_every_key_of_the_configuration_has_a_meaning() -> None:
    assert settings.undescribed() == [], "write a comment beside or above the key in its model"


def test_every_table_and_every_key_is_on_the_page() -> None:
    page = settings.page()
    missing = [
        name for name in Settings.model_fields if f"## [{name}]" not in page and f"## [[{name}]]" not in page
    ]
    newsletters = page.partition("## [[newsletters]]\n")[2].partition("\n## ")[0]
    simple = Newsletter.model_fields.keys() - {"sections", "ranking", "sender"} | {"from"}
    assert missing + [name for name in simple if f"| `{name}` |" not in newsletters] == []


class Shop(BaseModel):
    """A table for this test."""

    # Above: the first line
    # and the second.
    above: str = "x"
    beside: int = Field(3, ge=1)  # how many | at most
    described: bool = Field(False, description="from the field")
    silent: str = ""

    def total(self) -> int:
        count: int = 0  # not a key
        return count


def test_a_meaning_is_the_comment_beside_or_above_a_key_or_its_description() -> None:
    assert settings.meaning(Shop, "above", "shop") == "Above: the first line and the second"
    assert settings.meaning(Shop, "beside", "shop") == "How many \\| at most"
    assert settings.meaning(Shop, "described", "shop") == "From the field"
    assert settings.meaning(Shop, "silent", "shop") == ""
    assert settings.meaning(Shop, "silent", "web") == ""


def test_every_command_is_on_the_page_with_an_example() -> None:
    sections = re.split(r"\n##+ ", commands.page())
    leaves = [
        section for section in sections if re.match(r"digest [\w -]+\n", section) and "\n- [`" not in section
    ]
    assert {section.split()[1] for section in sections if section.startswith("digest ")} == set(COMMANDS)
    assert [section.split("\n")[0] for section in leaves if "\nExample: `digest " not in section] == []


def test_a_page_that_is_out_of_date_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "page", lambda: "# Other commands\n")
    assert reference.outdated() == [commands.PLACE]
