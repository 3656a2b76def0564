"""Name a licence as readers know it: "CC BY 4.0" for its Creative Commons address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from digest.text import absolute_url

_COMMONS = re.compile(
    r"https?://creativecommons\.org/"
    r"(?:licenses/(?P<kind>[a-z-]+)/(?P<version>\d\.\d)|publicdomain/(?P<free>zero|mark))",
    re.IGNORECASE,
)
_FREE = {"zero": "CC0", "mark": "Public domain"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Under which terms stories stand, and whose; `url` is "" where their sources gave words only."""

    name: str
    url: str
    sources: tuple[str, ...]


def licences(stated: Iterable[tuple[str, str]]) -> tuple[Licence, ...]:
    """Return each licence once, in the order of first use, from pairs of source and what it states."""
    users: dict[str, list[str]] = {}
    for source, text in dict.fromkeys(stated):
        if text.strip():
            users.setdefault(text.strip(), []).append(source)
    return tuple(
        Licence(name=_name(text), url=absolute_url(text), sources=tuple(filter(None, sources)))
        for text, sources in users.items()
    )


def _name(text: str) -> str:
    if not (found := _COMMONS.match(text)):
        return text
    return _FREE.get((found["free"] or "").lower()) or f"CC {found['kind'].upper()} {found['version']}"
