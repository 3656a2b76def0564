"""What the settings allow at a place of the configuration: its keys, and whether it takes a text."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from digest import plugins
from digest.errors import UsageError
from digest.settings import HookSettings, SenderSettings, Settings, SourceSettings
from digest.settings.loading.lines import Loc


def keys_at(tree: Mapping[str, Any], loc: Loc) -> dict[str, FieldInfo]:
    """Return the keys that the table at `loc` may have, empty if no table stands there."""
    annotation, node = _at(tree, loc)
    return _keys(annotation, node)


def annotation_at(tree: Mapping[str, Any], loc: Loc) -> Any:
    """Return the type of the value at `loc`, None if there can be none."""
    return _at(tree, loc)[0]


def takes_text(annotation: Any) -> bool:
    """Say whether a value of this type is written as a text, whatever the text is."""
    return annotation in (str, SecretStr, Path)


def is_list_of_tables(annotation: Any) -> bool:
    """Say whether a value of this type is written with [[two brackets]]."""
    return bool(_fields(_item(annotation)))


def _at(tree: Any, loc: Loc) -> tuple[Any, Any]:
    """Return the type at `loc` and what the configuration has there."""
    annotation: Any = Settings
    node: Any = tree
    for step in loc:
        if isinstance(step, int):
            annotation = _item(annotation)
            node = node[step] if isinstance(node, list) and step < len(node) else None
        else:
            field = _keys(annotation, node).get(step)
            annotation = _plain(field.annotation) if field else None
            node = node.get(step) if isinstance(node, dict) else None
    return annotation, node


def _keys(annotation: Any, node: Any) -> dict[str, FieldInfo]:
    """Return a table's keys, those of its kind included."""
    fields = dict(_fields(annotation))
    if annotation in (SenderSettings, SourceSettings, HookSettings):
        del fields["options"]
        kind = node.get("kind") if isinstance(node, dict) else None
        try:
            options = plugins.load(annotation.room, str(kind or fields["kind"].default)).Options
        except UsageError:
            return fields
        fields |= _fields(options)
    return {field.alias or name: field for name, field in fields.items()}


def _fields(annotation: Any) -> dict[str, FieldInfo]:
    is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return dict(annotation.model_fields) if is_table else {}


def _item(annotation: Any) -> Any:
    """Return the type of a list's items."""
    return _plain(get_args(annotation)[0]) if get_origin(annotation) in (tuple, list) else None


def _plain(annotation: Any) -> Any:
    """Return a type without its metadata, and without `None` as its other half."""
    if get_origin(annotation) in (Union, types.UnionType):
        halves = [half for half in get_args(annotation) if half is not type(None)]
        return _plain(halves[0]) if len(halves) == 1 else annotation
    return _plain(get_args(annotation)[0]) if hasattr(annotation, "__metadata__") else annotation
