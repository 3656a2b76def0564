"""Records made of tags, "name=value; ...": DKIM keys (RFC 6376, 3.6.1) and DMARC policies (RFC 9989)."""

from __future__ import annotations


def tags(text: str) -> dict[str, str]:
    """Read tags by their lower-case names; of several with one name the first counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, mark, value = part.partition("=")
        if mark:
            found.setdefault(name.strip().lower(), value.strip())
    return found
