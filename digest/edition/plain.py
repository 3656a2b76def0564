"""The text part's typography: lines that break at words, addresses that never break."""

from __future__ import annotations

import re
import textwrap
import unicodedata

WIDTH = 72  # columns
SPACES = re.compile(r"[^\S\u00a0\u202f\u3000]+")  # those three belong to French and East Asian typography


def wrap(text: str, indent: int = 0) -> str:
    """Return `text` in lines of at most 72 columns, each indented; a word longer than that stands alone, unbroken."""
    space = " " * indent
    paragraphs = (SPACES.sub(" ", part).strip(" ") for part in text.split("\n"))
    wrapper = textwrap.TextWrapper(
        WIDTH, initial_indent=space, subsequent_indent=space, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapper.fill(paragraph) for paragraph in paragraphs)


def underline(text: str, with_: str = "=") -> str:
    """Return `text` with a line below it of the same width on a terminal."""
    columns = sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c)
    )
    return f"{text}\n{with_ * min(columns, WIDTH)}"


def tidy(text: str) -> str:
    """Return a text part without trailing spaces and with at most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
