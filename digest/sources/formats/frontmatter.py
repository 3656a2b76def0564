"""The head of a Markdown file, in the forms of the usual site generators."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import yaml

from digest.text import clean_text

MAX_CHARACTERS = 64_000

_FENCES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
    ";;;": re.compile(r"^;;;[ \t]*$", re.MULTILINE),
}
# A head of `name: value` lines without a line before it, as Pelican and Hexo have it, or in a comment (Nikola).
_BARE_NAMES = frozenset(
    [
        "title",
        "date",
        "slug",
        "author",
        "authors",
        "category",
        "categories",
        "tags",
        "keywords",
        "summary",
        "status",
        "modified",
        "lang",
        "draft",
        "published",
    ]
)
_BARE_LINE = re.compile(r"(?:\.\.[ ]+)?([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(.*))?$")
_COMMENT = re.compile(r"<!--[ \t]*\n(.*?)-->", re.DOTALL)


class FrontMatterError(ValueError):
    """The front matter is broken; the text says where and how."""


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return a file's front matter, keys in lower case, and what follows it; raises FrontMatterError.

    That is YAML, TOML or JSON between fences, a JSON object, or bare `name: value` lines.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    first, _, rest = text.partition("\n")
    mark, language = first[:3], first[3:].strip().lower()
    fence = _FENCES.get(mark)
    if fence is None or language not in ("", "yaml", "yml", "toml", "json"):
        return _object(text) or _bare(text) or ({}, text)
    end = fence.search(rest, 0, MAX_CHARACTERS)
    if end is None:
        raise FrontMatterError(
            f"the front matter that begins in line 1 has no end: write a line with {first.rstrip()}"
        )
    value = _READERS[language or _LANGUAGES[mark]](rest[: end.start()])
    if not isinstance(value, dict):
        raise FrontMatterError("the front matter is not a list of `name: value` lines")
    return _lowered(value), rest[end.end() :]


def _lowered(value: dict[Any, Any]) -> dict[str, Any]:
    return {str(key).lower(): item for key, item in value.items()}


def _object(text: str) -> tuple[dict[str, Any], str] | None:
    """Return a JSON object at the very beginning, and what follows; None without one."""
    if not text.startswith("{"):
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(text[:MAX_CHARACTERS])
    except (ValueError, RecursionError):
        return None
    return _lowered(value), text[end:]


def _bare(text: str) -> tuple[dict[str, Any], str] | None:
    """Return `name: value` lines up to the first that is empty or closes them; None where the text does not begin so."""
    comment = _COMMENT.match(text[:MAX_CHARACTERS])
    lines = (comment[1] if comment else text[:MAX_CHARACTERS]).split("\n")
    begins = _BARE_LINE.match(lines[0])
    if not begins or begins[1].lower() not in _BARE_NAMES:
        return None
    found: dict[str, Any] = {}
    used = 0
    for line in lines:
        used += len(line) + 1
        if line.rstrip() in ("", "---", ";;;"):
            break
        if item := _BARE_LINE.match(line):
            found[item[1].lower()] = (item[2] or "").strip()
    return found, text[comment.end() if comment else used :]


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


def _json(text: str) -> Any:
    try:
        return json.loads(text if text.lstrip().startswith("{") else f"{{{text}}}")
    except (ValueError, RecursionError) as error:
        raise FrontMatterError(f"the front matter is not valid JSON: {error}") from None


_LANGUAGES = {"---": "yaml", "+++": "toml", ";;;": "json"}
_READERS = {"yaml": _yaml, "yml": _yaml, "toml": _toml, "json": _json}


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
