"""Values that are set over the file's: secrets, each in a file of its own, and the environment.

`DIGEST_SITE__URL`, and a file named `site__url`, set `url` in `[site]`; `DIGEST_SENDERS__0__PASSWORD` sets it in
the first `[[senders]]`. Lists and tables are written in JSON.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from digest.errors import ConfigError
from digest.settings import Settings
from digest.settings.loading.lines import Loc
from digest.settings.loading.shapes import annotation_at, keys_at, takes_text

PREFIX, DELIMITER = "DIGEST_", "__"

#: Names with our prefix that are no keys of the configuration.
OTHER_NAMES = ("DIGEST_CONFIG", "DIGEST_SECRETS_DIR", "DIGEST_DEBUG")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A text that is to stand at `loc`, and where it comes from."""

    loc: Loc
    text: str
    place: str


def from_environment(environ: Mapping[str, str]) -> list[Override]:
    """Return what the environment sets, in an order in which lists grow from their first item on."""
    names = [name for name in environ if name.startswith(PREFIX) and name not in OTHER_NAMES]
    found = [Override(loc=_loc(name.removeprefix(PREFIX)), text=environ[name], place=name) for name in names]
    return sorted(found, key=_order)


def from_secrets(environ: Mapping[str, str]) -> list[Override]:
    """Return what the files in $DIGEST_SECRETS_DIR set; files without a double underscore belong to other programs."""
    if not (name := environ.get("DIGEST_SECRETS_DIR")):
        return []
    folder = Path(name)
    if not folder.is_dir():
        raise ConfigError([f"DIGEST_SECRETS_DIR: {folder} is not a folder"])
    # Safe against links that lead out of the folder, and takes 60 ms to load, which only those who use it wait for.
    from pydantic_settings import NestedSecretsSettingsSource

    try:
        texts = NestedSecretsSettingsSource.load_secrets(folder.resolve())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            [f"DIGEST_SECRETS_DIR: a file in {folder} cannot be read: {type(error).__name__}"]
        ) from None
    found = [
        Override(loc=_loc(file.removeprefix(PREFIX)), text=text, place=str(folder / file))
        for file, text in texts.items()
        if DELIMITER in file and "/" not in file
    ]
    return sorted(found, key=_order)


def apply(tree: dict[str, Any], places: dict[Loc, str], overrides: Sequence[Override]) -> list[str]:
    """Set each override in `tree` and note its place; return what is wrong with those that could not be set."""
    problems = []
    for override in overrides:
        try:
            if override.loc[0] not in Settings.model_fields:
                raise ValueError(f"no such key in the configuration{_nearest(override.place, tree)}")
            _put(tree, override.loc, _value(override, tree))
        except ValueError as error:
            problems.append(f"{override.place}: {error}")
        else:
            places[override.loc] = override.place
    return problems


def _loc(name: str) -> Loc:
    return tuple(int(part) if part.isdecimal() else part for part in name.lower().split(DELIMITER))


def _order(override: Override) -> list[tuple[bool, str | int]]:
    return [(isinstance(part, int), part) for part in override.loc]


def _value(override: Override, tree: Mapping[str, Any]) -> Any:
    """Return the text, read as JSON if it stands for a list or a table."""
    if not override.text.lstrip().startswith(("[", "{")) or takes_text(annotation_at(tree, override.loc)):
        return override.text
    try:
        return json.loads(override.text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON at character {error.pos + 1}: {error.msg}") from None


def _put(tree: dict[str, Any], loc: Loc, value: Any) -> None:
    """Set `value` at `loc`, making the tables on the way; raises ValueError where there is no way."""
    node: Any = tree
    for step, following in pairwise(loc):
        node = _child(node, step, {} if isinstance(following, str) else [])
    _child(node, loc[-1], value)
    node[loc[-1]] = value


def _child(node: Any, step: str | int, new: Any) -> Any:
    """Return what is at `step`, or put `new` there if it is the next place of a list or a key not yet set."""
    if isinstance(node, dict) and isinstance(step, str):
        return node.setdefault(step, new)
    if not isinstance(node, list) or not isinstance(step, int):
        raise ValueError(f'"{step}" leads nowhere: a list is counted from 0, a table has names')
    if step > len(node):
        raise ValueError(f"there is no item {step} in the list: it has {len(node)}, counted from 0")
    if step == len(node):
        node.append(new)
    return node[step]


def _nearest(name: str, tree: Mapping[str, Any]) -> str:
    """Return the end of a complaint: the nearest name of the environment that there is."""
    known = [other.removeprefix(PREFIX) for other in (*OTHER_NAMES, *_names(tree))]
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX), known, n=1, cutoff=0.7)
    return f"; did you mean {PREFIX}{near[0]}?" if near else ""


def _names(tree: Mapping[str, Any]) -> Iterator[str]:
    for section in Settings.model_fields:
        yield PREFIX + section.upper()
        for key in keys_at(tree, (section,)) or keys_at(tree, (section, 0)):
            middle = DELIMITER if keys_at(tree, (section,)) else f"{DELIMITER}0{DELIMITER}"
            yield f"{PREFIX}{section}{middle}{key}".upper()
