"""How results look to a person: as wide as the terminal is, and counted in words."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_UNLIMITED_COLUMNS = 100_000  # columns: in a file or a pipe a row is a line, for grep and awk


def out() -> Console:
    """Return the console for results: as wide as the terminal, and without an edge when it is a file or a pipe."""
    from rich.console import Console

    console = Console(highlight=False)
    return (
        console if console.is_terminal else Console(highlight=False, width=_UNLIMITED_COLUMNS, soft_wrap=True)
    )


def laid_out(table: Table, console: Console, *, indent: int = 0, at_least: int = 0) -> str:
    """Return a table as the console shows it, or `at_least` so many columns wide where the console is narrower.

    No line ends in blanks, and a table without rows gives no lines.
    """
    width, usual = max(console.width - indent, at_least), console.width
    console.width = max(width, usual)
    with console.capture() as captured:
        console.print(table, width=width)
    console.width = usual
    return "".join(f"{' ' * indent}{line}".rstrip() + "\n" for line in captured.get().splitlines())


def program() -> str:
    """Return what to type for this program: "digest" where the shell finds it under that name, else its path."""
    called = Path(sys.argv[0])
    if called.name != "digest" or ((found := shutil.which("digest")) and Path(found).samefile(called)):
        return "digest"
    path = called.absolute()
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def counted(number: int, thing: str) -> str:
    """Say "1 reader" or "1,200 readers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
