"""The reference of the configuration, from the models that read it.

A key's meaning is its description, else the comment beside or above it in the model, else that of config.example.toml.
"""

from __future__ import annotations

import inspect
import re
import textwrap
import tokenize
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from digest.model.amounts import format_duration
from digest.settings import Settings
from digest.settings.kinds import HookSettings, SenderSettings, SourceSettings

ROOT = Path(__file__).parent.parent.parent
PLACE = ROOT / "docs" / "reference" / "configuration.md"
_EXAMPLE = ROOT / "config.example.toml"
_HEAD = """\
# Configuration keys

<!-- made by docs/make from the models of the configuration; to change it, change them -->

Every key, table by table. [The configuration](../guide/configuration.md) tells how the file works, and
[`config.example.toml`](../../config.example.toml) shows all of it at a glance.

"""
_KINDS = {
    SenderSettings: "Each `kind` has keys of its own beside these: [senders](../guide/senders.md).",
    HookSettings: "Each `kind` has keys of its own beside these: [webhooks](../guide/webhooks.md).",
    SourceSettings: "Each `kind` has keys of its own beside these: [sources](../guide/sources.md).",
}


#: Defaults that set nothing.
_NOTHING: tuple[object, ...] = ("", (), None, {}, Path())


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for model, paths in _places().items():
        parts.append(f"## {paths[0]}\n\n{_summary(model)}\n\n{_rows(model, paths[0].strip('[]'))}\n")
        if len(paths) > 1:
            parts.append(f"The same keys are in {', '.join(f'`{path}`' for path in paths[1:])}.\n\n")
        if model in _KINDS:
            parts.append(f"{_KINDS[model]}\n\n")
    return "".join(parts).rstrip("\n") + "\n"


def undescribed() -> list[str]:
    """Return the keys of which nothing says what they mean."""
    found = ((model, paths[0].strip("[]")) for model, paths in _places().items())
    return [
        f"{path}.{key}"
        for model, path in found
        for key, name, _ in _keys(model)
        if not meaning(model, name, path)
    ]


def _places() -> dict[type[BaseModel], list[str]]:
    """Return the headers of the tables that each model reads."""
    found: dict[type[BaseModel], list[str]] = {}
    for path, model, is_list in _tables(Settings, ""):
        found.setdefault(model, []).append(f"[[{path}]]" if is_list else f"[{path}]")
    return found


def _tables(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel], bool]]:
    for name, field in model.model_fields.items():
        inner, is_list = _inner(field)
        if inner is None or name == "options":
            continue
        below = f"{path}.{name}" if path else name
        yield below, inner, is_list
        yield from _tables(inner, below)


def _inner(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """Return the model of the table that a field is, and whether there may be several."""
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate, candidate is not field.annotation and "tuple" in str(field.annotation)
    return None, False


def _keys(model: type[BaseModel]) -> list[tuple[str, str, FieldInfo]]:
    fields = model.model_fields.items()
    return [(field.alias or name, name, field) for name, field in fields if _inner(field)[0] is None]


def _rows(model: type[BaseModel], path: str) -> str:
    rows = [
        f"| `{key}` | {_default(field)} | {meaning(model, name, path)} |" for key, name, field in _keys(model)
    ]
    return "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if field.validate_default and field.default in (timedelta(0), Path()):
        return "computed"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is PydanticUndefined or any(value is nothing or value == nothing for nothing in _NOTHING):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = format_duration(value) if isinstance(value, timedelta) else value
    return f"`{text}`" if isinstance(value, int | float) else f'`"{text}"`'


def _summary(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def meaning(model: type[BaseModel], name: str, path: str) -> str:
    """Return what a key of a table means, "" if nothing says so."""
    field = model.model_fields[name]
    said = field.description or _comments(_defining(model, name)).get(name) or ""
    said = (said or _example().get(f"{path}.{field.alias or name}", "")).replace("|", "\\|")
    return (said[:1].upper() + said[1:]).removesuffix(".")


def _defining(model: type[BaseModel], name: str) -> type[BaseModel]:
    return next(kind for kind in model.__mro__ if name in inspect.get_annotations(kind))


@cache
def _comments(model: type[BaseModel]) -> dict[str, str]:
    """Return the comment of each field: beside it, else the lines right above it."""
    found: dict[str, str] = {}
    above: list[str] = []
    name = ""
    for token in tokenize.generate_tokens(StringIO(textwrap.dedent(inspect.getsource(model))).readline):
        match = re.match(r"    (\w+): ", token.line)
        if token.type == tokenize.COMMENT:
            said = token.string.lstrip("#: ")
            if token.line.lstrip().startswith("#"):
                above.append(said)
            elif name and not said.startswith(("type:", "noqa")):
                found[name] = said
        elif token.type == tokenize.NAME and match and token.string == match[1] and token.start[1] == 4:
            name = token.string
            if above:
                found[name] = " ".join(above)
            above = []
        elif token.type == tokenize.NAME and token.string in ("def", "return"):
            above, name = [], ""
    return found


@cache
def _example() -> dict[str, str]:
    """Return the comments of config.example.toml by table and key."""
    found: dict[str, str] = {}
    table = ""
    for line in _EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"(?:# )?\[+([\w.]+)\]+", line):
            table = header[1]
        elif entry := re.match(r"(?:# )?(\w+) = .*?\s{2,}# (.+)$", line):
            found.setdefault(f"{table}.{entry[1]}", entry[2])
    return found
