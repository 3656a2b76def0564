"""The example configuration: right, complete, and true about the defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from digest.settings import Settings
from digest.settings.loading import load

EXAMPLE = Path(__file__).parents[3] / "config.example.toml"

#: Where the example shows something else than the default, because the default is empty or no example.
OWN = {
    "site",
    "senders",
    "dkim",
    "name",
    "reply_to",
    "schedule",
    "signup",
    "origins",
    "timezone",
    "exclude",
    "include",
    "languages",
    "mark",
    "max_age",
}


def tables(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every table of the configuration."""
    yield model
    for field in model.model_fields.values():
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not BaseModel:
                yield from tables(inner)


KEYS = sorted(
    {
        field.alias or name
        for table in tables(Settings)
        for name, field in table.model_fields.items()
        if name != "options"
    }
)


def test_it_loads() -> None:
    settings = load(EXAMPLE, {})
    assert [newsletter.name for newsletter in settings.newsletters] == ["daily"]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_in_it(key: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert re.search(rf"^[# ]*{key} = |[{{,] {key} = |^#? ?\[\[?(?:\w+\.)*{key}\]", text, re.MULTILINE)


def defaults(model: BaseModel) -> Iterator[tuple[str, FieldInfo, Any]]:
    """Every key of a table and those in it, with its value."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name in OWN or field.is_required():
            continue
        if isinstance(value, BaseModel):
            yield from defaults(value)
        elif not (isinstance(value, tuple) and value and isinstance(value[0], BaseModel)):
            yield name, field, value


def test_the_defaults_it_shows_are_the_defaults() -> None:
    settings = load(EXAMPLE, {}).model_copy(update={"database": Settings().database})
    shown = [*defaults(settings), *defaults(settings.newsletter("daily"))]
    wrong = {name: value for name, field, value in shown if value != field.default}
    assert not wrong
