"""Name a licence as readers know it: "CC BY 4.0" for its Creative Commons address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.text import absolute_url

_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses/(?P<kind>[a-z-]+)/(?P<version>\d\.\d)|publicdomain/(?P<free>zero|mark))",
    re.I,
)
_FREE = {"zero": "CC0", "mark": "Public domain"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """Under which terms a source's stories stand; `url` is "" where the source gave words only."""

    source: str
    name: str
    url: str


def licence(source: str, text: str) -> Licence:
    """Return the licence that a source states, as an address or in words."""
    if found := _COMMONS.match(text.strip()):
        name = _FREE.get((found["free"] or "").lower()) or f"CC {found['kind'].upper()} {found['version']}"
        return Licence(source=source, name=name, url=text.strip())
    url = absolute_url(text.strip(), "")
    return Licence(source=source, name=text.strip(), url=url)
