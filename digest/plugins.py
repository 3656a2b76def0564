"""A kind is a module: by its file's name in `digest.sources` or `digest.senders`, or by a dotted path of your own."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Collection
from types import ModuleType

from digest.errors import UsageError


def kinds(room: str) -> list[str]:
    """Return the kinds that ship in a room ("sources" or "senders"): every module with `Options` that is not private."""
    package = importlib.import_module(f"digest.{room}")
    names = (name for _, name, _ in pkgutil.iter_modules(package.__path__) if not name.startswith("_"))
    return sorted(
        name for name in names if hasattr(importlib.import_module(f"digest.{room}.{name}"), "Options")
    )


def did_you_mean(name: str, known: Collection[str]) -> str:
    """Return the end of an error's sentence: the nearest known name, else all of them if they are few."""
    if near := difflib.get_close_matches(name, known, n=1):
        return f"; did you mean {near[0]!r}?"
    return f"; there are: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def load(room: str, kind: str) -> ModuleType:
    """Return the module of a kind; raises UsageError that names the nearest kind there is."""
    name = kind if "." in kind else f"digest.{room}.{kind}"
    if kind.startswith("_") or not all(part.isidentifier() for part in kind.split(".")):
        raise UsageError(f"{kind!r} is not the name of a kind")
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise UsageError(
                f"kind {kind!r} needs the Python package {error.name!r}: install it first"
            ) from error
        raise UsageError(f"unknown kind {kind!r}{did_you_mean(kind, kinds(room))}") from None
    if not hasattr(module, "Options"):
        raise UsageError(f"{name} is not a kind of {room[:-1]}: it has no Options")
    return module
