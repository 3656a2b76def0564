"""Placeholders in a mail that is set once for all: each reader's own values go in their place.

A placeholder is U+E000, a letter, U+E001: private-use characters that survive autoescaping and CSS inlining, and that
`digest.text` strips from every text that comes from outside, so that no feed can forge one.
"""

from __future__ import annotations

import re
from collections.abc import Callable

OPEN, CLOSE = "\ue000", "\ue001"

#: The personal values a template may use, in the order of their letters.
NAMES = ("unsubscribe_url", "browser_url", "preferences_url", "address", "name")

PLACEHOLDERS = {name: f"{OPEN}{chr(ord('a') + index)}{CLOSE}" for index, name in enumerate(NAMES)}

PATTERN = re.compile(f"{OPEN}([a-z]){CLOSE}")


def name_of(letter: str) -> str:
    """Return the personal value that a placeholder's letter stands for."""
    return NAMES[ord(letter) - ord("a")]


def fill(text: str, value: Callable[[str], str]) -> str:
    """Return `text` with every placeholder replaced by `value(name)`; the caller escapes."""
    return PATTERN.sub(lambda match: value(name_of(match[1])), text)
