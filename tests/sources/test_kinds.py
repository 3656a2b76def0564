"""What every kind of source promises, whichever it is."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from digest import plugins
from digest.errors import SourceError
from digest.model import Fetched
from digest.settings import SourceSettings

KINDS = plugins.kinds("sources")


def test_the_kinds_that_ship() -> None:
    assert KINDS == ["feed", "folder", "ghost", "jsonfeed", "page", "sitemap", "wordpress"]


@pytest.mark.parametrize("kind", KINDS)
def test_options_explain_themselves_and_need_only_a_place(kind: str, tmp_path: Path) -> None:
    options = plugins.load("sources", kind).Options
    place = {"path": str(tmp_path)} if kind == "folder" else {"url": "https://paper.example/x"}
    settings = SourceSettings.model_validate({"kind": kind, **place})
    assert settings.location == next(iter(place.values()))
    assert options.__doc__
    for name, field in options.model_fields.items():
        assert field.description, name
        assert name not in SourceSettings.model_fields, f"{name} means something for all kinds"
        if name in ("key", "password", "token"):
            assert isinstance(field.default, SecretStr)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_options_and_odd_places_are_refused(kind: str) -> None:
    for wrong in (
        {"url": "https://paper.example", "urll": "x"},
        {"url": "file:///etc/passwd"},
        {"url": "paper"},
    ):
        with pytest.raises(ValidationError):
            SourceSettings.model_validate({"kind": kind, **wrong})


@pytest.mark.parametrize("kind", KINDS)
def test_reading_is_pure_and_speaks_in_words(kind: str) -> None:
    parse = plugins.load("sources", kind).parse
    assert list(inspect.signature(parse).parameters)[:3] == ["body", "url", "content_type"]
    for body in (
        b"",
        b"\x00" * 1000,
        b"<html><title>404</title></html>",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"<" * 10_000,
    ):
        try:
            assert isinstance(parse(body, url="https://paper.example/", content_type="text/html"), Fetched)
        except SourceError as error:
            message = str(error)
            assert 10 < len(message) < 500  # some kinds can make sense of some of these
