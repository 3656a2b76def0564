"""The head of a Markdown file: YAML between lines of `---`, or TOML between lines of `+++`."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from digest.text import clean_text

MAX_CHARACTERS = 64_000

_FENCES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}


class FrontMatterError(ValueError):
    """The front matter is broken; the text says where and how."""


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return a file's front matter, keys in lower case, and what follows it; raises FrontMatterError."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    fence = _FENCES.get(first.rstrip())
    if fence is None:
        return {}, text
    end = fence.search(rest, 0, MAX_CHARACTERS)
    if end is None:
        raise FrontMatterError(
            f"the front matter that begins in line 1 has no end: write a line with {first.rstrip()}"
        )
    value = _yaml(rest[: end.start()]) if first.startswith("-") else _toml(rest[: end.start()])
    if not isinstance(value, dict):
        raise FrontMatterError("the front matter is not a list of `name: value` lines")
    return {str(key).lower(): item for key, item in value.items()}, rest[end.end() :]


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a few lines of them stand for millions of values."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            place = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not read", problem_mark=place)
        return super().compose_node(parent, index)


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _Loader) or {}  # noqa: S506  # a safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" in line {mark.line + 2}" if mark else ""
        raise FrontMatterError(
            f"the front matter is not valid YAML{line}: {error.problem or error.context}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FrontMatterError(f"the front matter is not valid YAML: {error}") from None


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a broken text, or a number of thousands of digits
        raise FrontMatterError(f"the front matter is not valid TOML: {error}") from None


def text_of(matter: dict[str, Any], *names: str) -> str:
    """Return the first of `names` that holds a text or a number, cleaned."""
    for name in names:
        value = matter.get(name)
        text = "" if isinstance(value, bool) or not isinstance(value, str | int | float) else str(value)
        if cleaned := clean_text(text, 2000):
            return cleaned
    return ""


def list_of(matter: dict[str, Any], *names: str) -> list[str]:
    """Return the first of `names` that is there, as a list of texts: a list, a text with commas, or named nodes."""
    value: Any = next((matter[name] for name in names if matter.get(name)), [])
    items = value if isinstance(value, list) else value.split(",") if isinstance(value, str) else [value]
    texts = (
        text_of(item, "name", "title") if isinstance(item, dict) else text_of({"": item}, "")
        for item in items
    )
    return list(dict.fromkeys(filter(None, texts)))
