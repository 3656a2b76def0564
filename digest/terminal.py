"""How results look to a person: as wide as the terminal is, and counted in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def out() -> Console:
    """Return the console for results: as wide as the terminal, and never cut when it is a file or a pipe."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160, soft_wrap=True)


def counted(number: int, thing: str) -> str:
    """Say "1 reader" or "1,200 readers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
