"""Read the configuration: a TOML file, over it a folder of secrets, over both the environment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.errors import ConfigError
from digest.settings import Settings
from digest.settings.loading.lines import Loc, key_lines
from digest.settings.loading.overrides import apply, from_environment, from_secrets
from digest.settings.loading.problems import complaints


def find_config(option: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration's path: the option, else $DIGEST_CONFIG, else config.toml in this folder."""
    return option or Path(environ.get("DIGEST_CONFIG") or "config.toml")


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings; raises ConfigError with a line for each problem. Without a path only `environ` counts.

    Relative paths in them are taken from the configuration's folder.
    """
    tree, lines = _read(path) if path else ({}, {})
    places = {loc: f"{path}:{line}" for loc, line in lines.items()}
    problems = apply(tree, places, [*from_secrets(environ), *from_environment(environ)])
    tree.setdefault("database", {})
    tree.setdefault("senders", [{"kind": "eml"}])  # files, so that a first run mails no reader
    folder = path.parent.resolve() if path else Path.cwd()
    try:
        settings = Settings.model_validate(tree, context={"folder": folder})
    except ValidationError as error:
        problems += complaints(error, tree, places, str(path or "environment"))
        raise ConfigError(problems) from None  # the raw error would show values, secret ones too
    if problems:
        raise ConfigError(problems)
    return settings


def _read(path: Path) -> tuple[dict[str, Any], dict[Loc, int]]:
    """Return a TOML file's content and the lines of its keys."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        return tomllib.loads(text), key_lines(text)
    except FileNotFoundError:
        way_out = "make one with `digest init`, or name yours with --config or DIGEST_CONFIG"
        raise ConfigError([f"{path}: there is no such file; {way_out}"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([f"{path}:{line}: is not UTF-8; save the file in that encoding"]) from None
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        at_line = re.match(r"line (\d+)", where)
        line = int(at_line[1]) if at_line else text.rstrip().count("\n") + 1
        raise ConfigError([f"{path}:{line}: is not valid TOML: {what[:1].lower()}{what[1:]}"]) from None
