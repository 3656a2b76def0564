"""Say what is wrong with a configuration: one line for each problem, with its place and the way out, never a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from digest.plugins import did_you_mean
from digest.settings.loading.lines import Loc
from digest.settings.loading.shapes import annotation_at, is_list_of_tables, keys_at

#: What the validator's kinds of error mean to a person; {names} are filled from the error's own context.
WORDS = {
    "missing": "is required, but missing",
    "string_type": "must be a text in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "path_type": "must be a path in quotes",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "time_delta_type": 'must be a duration in quotes, for example "36h"',
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
    "string_too_short": "must not be empty",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
}


def complaints(
    error: ValidationError, tree: Mapping[str, Any], places: Mapping[Loc, str], document: str
) -> list[str]:
    """Return one line for each problem, in the order of the document; `places` says where each key stands."""
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        loc = detail["loc"]
        lines.append(f"{_place(loc, places, document)}: {dotted(loc)}: {_what(detail, tree)}")
    return sorted(lines, key=_by_line)


def dotted(loc: Loc) -> str:
    """Write a place as people do: newsletters[0].sections[1].title."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return text.removeprefix(".")


def _place(loc: Loc, places: Mapping[Loc, str], document: str) -> str:
    """Return where the key stands, or the nearest table around it that stands anywhere."""
    for depth in range(len(loc), 0, -1):
        if place := places.get(loc[:depth]):
            return place
    return document


def _what(detail: ErrorDetails, tree: Mapping[str, Any]) -> str:
    kind, loc = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        return _unknown(loc, tree)
    if kind in ("tuple_type", "list_type") and is_list_of_tables(annotation_at(tree, loc)):
        name = ".".join(str(step) for step in loc if isinstance(step, str))
        return f"must be a list of tables: write [[{name}]], with two brackets"
    if words := WORDS.get(kind):
        return words.format_map(detail.get("ctx", {}))
    text = detail["msg"].removeprefix("Value error, ")
    return text if kind == "value_error" else text[:1].lower() + text[1:]


def _unknown(loc: Loc, tree: Mapping[str, Any]) -> str:
    """Say which key was meant, or to which table around it the key belongs."""
    name, table = str(loc[-1]), loc[:-1]
    for depth in range(len(table) - 1, -1, -1):
        if name in keys_at(tree, table[:depth]):
            around = dotted(table[:depth]) or "the top of the file"
            return f"unknown key here; it belongs to {around}: write it above the tables inside that"
    return f"unknown key{did_you_mean(name, keys_at(tree, table))}"


def _by_line(text: str) -> tuple[str, int]:
    """Return what puts the lines of one file in their order."""
    found = re.match(r"(.*?):(\d+): ", text)
    return (found[1], int(found[2])) if found else (text, 0)
