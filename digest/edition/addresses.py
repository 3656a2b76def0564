"""Which addresses a mail may carry."""

from __future__ import annotations

import re

from digest.model.placeholders import OPEN

_SAFE = re.compile(r"https?://[^\s]|mailto:", re.I)


def is_safe(address: str) -> bool:
    """Say whether an address may stand in a link or an image: http, https, mailto, a place in the page, or a mark."""
    return bool(_SAFE.match(address)) or address.startswith((OPEN, "#"))


def safe(address: str | None) -> str:
    """Return an address if a mail may carry it, "" otherwise (the template filter `url`)."""
    return address if address and is_safe(address) else ""
