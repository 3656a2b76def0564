"""How results look to a person: as wide as the terminal is, and counted in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_ENDLESS = 100_000  # columns: in a file or a pipe a row is a line, for grep and awk


def out() -> Console:
    """Return the console for results: as wide as the terminal, and without an edge when it is a file or a pipe."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_ENDLESS, soft_wrap=True)


def laid_out(table: Table, console: Console, *, indent: int = 0) -> str:
    """Return a table as the console shows it; no line ends in blanks, and none at all if the table has no rows."""
    with console.capture() as captured:
        console.print(table, width=console.width - indent)
    return "".join(f"{' ' * indent}{line}".rstrip() + "\n" for line in captured.get().splitlines())


def counted(number: int, thing: str) -> str:
    """Say "1 reader" or "1,200 readers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
