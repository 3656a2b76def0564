"""The text part's typography: lines that break at words, addresses that never break."""

from __future__ import annotations

from digest.edition.setting.columns import SPACES, WIDTH, columns, fill

__all__ = ["SPACES", "WIDTH", "tidy", "underline", "wrap"]


def wrap(text: str, indent: int = 0) -> str:
    """Return `text` in lines of at most 72 columns, each indented; a word longer than that stands alone, unbroken."""
    space = " " * indent
    return "\n".join(line for part in text.split("\n") for line in fill(part, space, space))


def underline(text: str, with_: str = "=") -> str:
    """Return `text` in lines of at most 72 columns, with a line below it of the same width on a terminal."""
    lines = wrap(text)
    return f"{lines}\n{with_ * min(max(map(columns, lines.split(chr(10)))), WIDTH)}"


def tidy(text: str) -> str:
    """Return a text part without trailing spaces and with at most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
