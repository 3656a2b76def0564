"""What the JSON of a content management system may look like on arrival, and the small values in it."""

from __future__ import annotations

import json
import re
from typing import Any

from digest.errors import SourceError
from digest.text import clean_text

_START = re.compile(rb"[\[{]\s*[\"{\]}]")


def read_json(body: bytes, whose: str) -> Any:
    """Return an answer's value, also behind a byte order mark or a PHP notice; raises SourceError that says what it is.

    `whose` names the expected answer: "a WordPress REST API".
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    for start in [0, *(match.start() for match in [_START.search(text)] if match)]:
        try:
            return json.loads(text[start:])
        except (ValueError, RecursionError):
            continue
    if not text:
        raise SourceError(f"the answer is empty, not that of {whose}")
    what = (
        "a web page"
        if text[:200].lower().lstrip().startswith((b"<!doctype", b"<html"))
        else "no readable JSON"
    )
    raise SourceError(f"the answer is {what}, not that of {whose}")


def nodes(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; [] for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def node(value: Any) -> dict[str, Any]:
    """Return an object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def words(value: Any, limit: int = 300) -> str:
    """Return a text, cleaned; "" for anything else."""
    return clean_text(value, limit) if isinstance(value, str) else ""
